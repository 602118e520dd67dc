// Starts `placet lsp` and hands everything to it.
"use strict";

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function start() {
  // A setting of the machine alone: no folder that is opened can name a program to run.
  const command = vscode.workspace.getConfiguration("placet").get("path", "placet");
  client = new LanguageClient(
    "placet",
    "Placet",
    { command, args: ["lsp"] },
    {
      documentSelector: [{ scheme: "file", language: "placet" }],
      synchronize: {
        fileEvents: vscode.workspace.createFileSystemWatcher("**/{*.placet,placet.toml}"),
      },
    },
  );
  try {
    await client.start();
  } catch (error) {
    vscode.window.showErrorMessage(
      `cannot start \`${command} lsp\`: ${error.message}; is \`placet\` on the path, or \`placet.path\` set?`,
    );
  }
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.stop();
}

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("placet.restart", async () => {
      await stop();
      await start();
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };

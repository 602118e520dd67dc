//! What the grammar would have gone on with, in words of policies.

use crate::grammar::Rule;

/// Says what was expected: `` `and`, `or` or the next clause ``. Empty when there is nothing
/// to say.
pub(super) fn phrase(expected: &[Rule]) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut add = |word: String| {
        if !words.contains(&word) {
            words.push(word);
        }
    };
    // What could go on says more than that the block or file could end.
    let ends = [Rule::EOI, Rule::p_brace_end];
    let goes_on = expected.iter().any(|rule| !ends.contains(rule));
    for rule in expected {
        let weak = *rule == Rule::EOI || *rule == Rule::p_paren && expected.len() > 1;
        if weak && goes_on {
            continue;
        }
        if let Some(group) = group(*rule, expected) {
            add(group.to_owned());
        } else if let Some(word) = title(*rule) {
            add(word.to_owned());
        } else if let Some(word) = keyword(*rule) {
            add(format!("`{word}`"));
        }
    }
    // Things first, then the words and brackets that would do as well.
    words.sort_by_key(|word| word.starts_with('`'));
    join(&words)
}

/// Joins alternatives: `a, b or c`.
pub(super) fn join(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The keyword that a rule stands for.
fn keyword(rule: Rule) -> Option<String> {
    let name = format!("{rule:?}");
    Some(name.strip_prefix("kw_")?.to_owned())
}

/// One phrase for many rules that come together.
fn group(rule: Rule, all: &[Rule]) -> Option<&'static str> {
    use Rule::*;
    const GROUPS: [(&str, &[Rule], Rule); 6] = [
        ("an operator", &[cmp_op, add_op, kw_and, kw_or], cmp_op),
        (
            "a declaration or rule",
            &[
                kw_policy, kw_facts, kw_agent, kw_group, kw_action, kw_tool, kw_let, kw_history,
                kw_grant, kw_deny, kw_require, kw_claim, kw_given, kw_test, effect, note_name, doc,
                item, item_entry, note,
            ],
            kw_history,
        ),
        (
            "the next clause",
            &[
                kw_agent,
                kw_user,
                kw_tool,
                kw_action,
                kw_resource,
                kw_at,
                kw_when,
                kw_unless,
                kw_for,
                kw_consent,
                kw_approval,
                kw_delegate,
                kw_budget,
                clause,
            ],
            kw_unless,
        ),
        (
            "the next step",
            &[
                kw_given,
                kw_at,
                kw_agent,
                kw_user,
                kw_task,
                kw_context,
                kw_resource,
                kw_issue,
                kw_delegate,
                kw_call,
                kw_list,
                kw_after,
                kw_revoke,
                kw_consent,
                kw_approval,
                kw_rows,
                setup,
                step,
                rows,
            ],
            kw_revoke,
        ),
        (
            "the next action or function",
            &[kw_audience, kw_action, kw_function, doc, tool_part],
            kw_function,
        ),
        (
            "a duty",
            &[
                kw_for,
                kw_consent,
                kw_approval,
                kw_delegate,
                kw_budget,
                duty,
            ],
            kw_budget,
        ),
    ];
    GROUPS
        .into_iter()
        .find(|(_, those, sign)| all.contains(sign) && those.contains(&rule))
        .map(|(phrase, ..)| phrase)
}

/// What the text of a rule is called.
fn title(rule: Rule) -> Option<&'static str> {
    use Rule::*;
    Some(match rule {
        file | item | item_entry | declaration => "a declaration or rule",
        note | note_name => "an annotation",
        value | scalar => "a constant",
        name | names => "a name",
        word | ident => "a name",
        path | paths => "a tool",
        string | strings => "a string in quotes",
        int => "a whole number",
        number => "a number",
        duration => "a duration such as `15m`",
        boolean => "`true` or `false`",
        list | data_list => "a list in `[ ]`",
        data | cell => "a value",
        object => "`{` and values",
        entry => "`name = value`",
        record => "`{` and fields",
        field | field_entry => "a field `name: type`",
        type_ | type_name | type_of | enumeration | record_type => "a type",
        let_param => "a parameter `name: type`",
        group_kind => "`agents`, `users` or `actions`",
        facts_of => "`agent`, `user`, `task`, `context` or `resource`",
        timing => "`fixed`",
        moment => "`at issuance` or `at runtime`",
        in_groups => "`in` and groups",
        from_request => "`from request`",
        members => "`=` and members",
        key => "`task`, `credential`, `chain`, `agent` or `user`",
        select => "`tool`, `action`, `resource` or `outcome`",
        effect => "`grant`, `deny` or `require`",
        clause | clause_entry => "a clause",
        any => "`any`",
        none => "`none`",
        any_or_none => "`any, none`",
        per_call => "`per call`",
        duty | for_duty => "a duty",
        region => "`{` and clauses",
        claim_body => "`never`, `always`, `only` or `every`",
        signature | mapped => "a function",
        function_line | function_part => "a line `verb -> \"template\"`",
        tool_part => "`action` or `function`",
        templates => "`->`",
        returns => "`returns`",
        guard => "`when`",
        open => "`...`",
        optional => "`?`",
        default_value => "`=` and a default",
        setup | step | rows => "a step",
        row => "a row `\"name\" { column = cell }`",
        expect => "`->` and what is expected",
        by => "`by`",
        with => "`with`",
        credential_name => "`as`",
        result | fails => "`result` or `fails`",
        expr | conj | neg | cmp | sum => "a condition",
        parenthesis | has | quantified | aggregate | quantifier | aggregator | call | reference => {
            "a fact, a constant or a condition"
        }
        binder => "`name in list`",
        cmp_op | add_op => "an operator",
        language => "`language`",
        layers => "`layers`",
        lifetime => "`lifetime`",
        p_brace => "`{`",
        p_brace_end => "`}`",
        p_paren => "`(`",
        p_paren_end => "`)`",
        p_bracket => "`[`",
        p_bracket_end => "`]`",
        p_less => "`<`",
        p_greater => "`>`",
        p_bar => "`|`",
        p_comma => "`,`",
        p_colon => "`:`",
        p_arrow => "`->`",
        p_assign => "`=`",
        EOI => "the end of the file",
        _ => return None,
    })
}

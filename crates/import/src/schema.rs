//! JSON Schema to types: to the nearest type that takes no value which the schema refuses to
//! mean something else. What the language has no type for becomes `json`, which no rule can
//! read, and is told.

use std::collections::BTreeSet;

use placet_model::json::Json;
use smol_str::SmolStr;

use crate::clean::{brief, name_problem, one_line, quoted};
use crate::listing::{get, text};
use crate::ty::{Constant, Field, Type};

/// The most fields of a record, parameters of a function and members of an enum.
const MAX_FIELDS: usize = 1_000;
/// The deepest nesting of types.
const MAX_DEPTH: usize = 24;
/// The most schemas that are looked at for one tool, references followed.
const MAX_STEPS: usize = 5_000;
/// The most bytes of a default: a longer one is no help to a reader.
const MAX_DEFAULT: usize = 200;
/// The most bytes of a member of an enum.
const MAX_MEMBER: usize = 4_096;

/// The parameters of a tool, and what a person should know of how they came about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Params {
    /// In the order of the schema.
    pub(crate) fields: Vec<Field>,
    /// The places that became `json`, so that no rule can read them.
    pub(crate) opaque: Vec<String>,
    /// The schema expressly takes arguments that it does not name.
    pub(crate) open: bool,
    /// What may name arguments, too, and was not read.
    pub(crate) unread: Vec<String>,
}

/// Reads the schema of a tool's arguments.
///
/// # Errors
///
/// Why the tool cannot be declared: a parameter whose name no policy can write.
pub(crate) fn params(schema: &Json) -> Result<Params, String> {
    let mut mapper = Mapper {
        root: schema,
        opaque: Vec::new(),
        steps: 0,
        following: Vec::new(),
    };
    let object = mapper.followed(schema);
    let properties = match get(object, "properties") {
        None => &[] as &[_],
        Some(Json::Object(properties)) => properties.as_slice(),
        Some(_) => return Err("its `properties` are not an object".into()),
    };
    if properties.len() > MAX_FIELDS {
        return Err(format!("it has more than {MAX_FIELDS} parameters"));
    }
    if let Some((name, why)) = bad_name(properties) {
        return Err(format!("the name of its parameter {name} {why}"));
    }
    let fields = mapper.fields(object, properties, "", 0);
    let open = matches!(
        get(object, "additionalProperties"),
        Some(Json::Bool(true) | Json::Object(_))
    );
    Ok(Params {
        fields,
        unread: mapper.unread(object, properties),
        opaque: mapper.opaque,
        open,
    })
}

/// The first name that no policy can write.
fn bad_name(properties: &[(SmolStr, Json)]) -> Option<(String, String)> {
    properties
        .iter()
        .find_map(|(name, _)| Some((quoted(name), name_problem(name)?)))
}

struct Mapper<'a> {
    root: &'a Json,
    opaque: Vec<String>,
    steps: usize,
    /// The references that are being followed, so that none is followed into itself.
    following: Vec<&'a str>,
}

/// A type, and whether `null` is a value, too.
struct Mapped {
    ty: Type,
    nullable: bool,
}

impl Mapped {
    const fn plain(ty: Type) -> Self {
        Self {
            ty,
            nullable: false,
        }
    }
}

impl<'a> Mapper<'a> {
    /// A schema behind its reference, if it is nothing but one.
    fn followed(&self, schema: &'a Json) -> &'a Json {
        text(schema, "$ref")
            .and_then(|to| self.target(to))
            .unwrap_or(schema)
    }

    /// What of the schema of arguments may name others than its `properties`, and what it requires
    /// without a word of what it is.
    fn unread(&self, object: &'a Json, properties: &[(SmolStr, Json)]) -> Vec<String> {
        let names = |part: &'a Json| {
            let part = self.followed(part);
            ["properties", "patternProperties", "$ref"]
                .iter()
                .any(|key| get(part, key).is_some())
        };
        let parts = ["allOf", "anyOf", "oneOf"].into_iter().filter(
            |key| matches!(get(object, key), Some(Json::Array(parts)) if parts.iter().any(names)),
        );
        let others = ["$ref", "patternProperties"]
            .into_iter()
            .filter(|key| get(object, key).is_some());
        let required = match get(object, "required") {
            Some(Json::Array(names)) => names.as_slice(),
            _ => &[],
        };
        let known: BTreeSet<&SmolStr> = properties.iter().map(|(name, _)| name).collect();
        let ghosts = required.iter().filter_map(|name| match name {
            Json::String(name) if !known.contains(name) => Some(quoted(name)),
            _ => None,
        });
        let keys = parts.chain(others).map(quoted);
        keys.chain(ghosts).collect()
    }

    fn fields(
        &mut self,
        object: &'a Json,
        properties: &'a [(SmolStr, Json)],
        at: &str,
        depth: usize,
    ) -> Vec<Field> {
        let required: BTreeSet<&SmolStr> = match get(object, "required") {
            Some(Json::Array(names)) => names
                .iter()
                .filter_map(|name| match name {
                    Json::String(name) => Some(name),
                    _ => None,
                })
                .collect(),
            _ => BTreeSet::new(),
        };
        properties
            .iter()
            .map(|(name, schema)| {
                let place = match at.is_empty() {
                    true => one_line(name),
                    false => format!("{at}.{}", one_line(name)),
                };
                let mapped = self.map(schema, &place, depth + 1);
                let required = required.contains(name);
                let default = match required {
                    // Whoever must be told is not assumed.
                    true => None,
                    false => get(schema, "default").and_then(|value| constant(value, &mapped.ty)),
                };
                let about =
                    text(schema, "description").map_or_else(String::new, |said| brief(said, 200));
                Field {
                    name: name.clone(),
                    optional: !required || mapped.nullable,
                    ty: mapped.ty,
                    default,
                    about,
                }
            })
            .collect()
    }

    /// A schema to a type; `json` where there is none, and then the place is noted.
    fn map(&mut self, schema: &'a Json, at: &str, depth: usize) -> Mapped {
        let noted = self.opaque.len();
        let mapped = self.nearest(schema, at, depth);
        if mapped.ty == Type::Json && !at.is_empty() {
            // What is inside of something opaque adds nothing.
            self.opaque.truncate(noted);
            self.opaque.push(at.to_owned());
        }
        mapped
    }

    fn nearest(&mut self, schema: &'a Json, at: &str, depth: usize) -> Mapped {
        self.steps += 1;
        if depth > MAX_DEPTH || self.steps > MAX_STEPS {
            return Mapped::plain(Type::Json);
        }
        if let Some(to) = text(schema, "$ref") {
            return self.reference(to, at, depth);
        }
        if let Some(one) = get(schema, "const") {
            return constants(std::slice::from_ref(one));
        }
        if let Some(Json::Array(members)) = get(schema, "enum") {
            return constants(members);
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(Json::Array(options)) = get(schema, key)
                && options.iter().any(says_type)
            {
                return self.union(schema, options, at, depth);
            }
        }
        if let Some(Json::Array(parts)) = get(schema, "allOf")
            && parts.iter().any(says_type)
        {
            return self.together(schema, parts, at, depth);
        }
        match get(schema, "type") {
            Some(Json::String(name)) => self.named(name, schema, at, depth),
            Some(Json::Array(names)) => self.one_of(names, schema, at, depth),
            _ if get(schema, "properties").is_some() => self.named("object", schema, at, depth),
            _ if get(schema, "items").is_some() => self.named("array", schema, at, depth),
            _ => Mapped::plain(Type::Json),
        }
    }

    fn reference(&mut self, to: &'a SmolStr, at: &str, depth: usize) -> Mapped {
        match self.target(to) {
            Some(target) if !self.following.contains(&to.as_str()) => {
                self.following.push(to);
                let mapped = self.nearest(target, at, depth + 1);
                self.following.pop();
                mapped
            }
            _ => Mapped::plain(Type::Json),
        }
    }

    /// What a reference within the document points to.
    fn target(&self, to: &str) -> Option<&'a Json> {
        let pointer = to.strip_prefix('#')?;
        pointer
            .split('/')
            .skip(1)
            .try_fold(self.root, |inside, key| {
                let key = key.replace("~1", "/").replace("~0", "~");
                match inside {
                    Json::Array(members) => members.get(key.parse::<usize>().ok()?),
                    object => get(object, &key),
                }
            })
    }

    fn named(&mut self, name: &str, schema: &'a Json, at: &str, depth: usize) -> Mapped {
        let format = text(schema, "format").map(SmolStr::as_str);
        let ty = match name {
            "string" => match format {
                Some("date-time") => Type::Time,
                Some("ip" | "ipv4" | "ipv6") => Type::Ip,
                _ => Type::Text,
            },
            "integer" => Type::Int,
            "number" => match format {
                Some("int32" | "int64") => Type::Int,
                _ => Type::Decimal,
            },
            "boolean" => Type::Bool,
            "array" => return self.array(schema, at, depth),
            "object" => return Mapped::plain(self.object(schema, at, depth)),
            "null" => {
                return Mapped {
                    ty: Type::Json,
                    nullable: true,
                };
            }
            _ => Type::Json,
        };
        Mapped::plain(ty)
    }

    fn array(&mut self, schema: &'a Json, at: &str, depth: usize) -> Mapped {
        let inner = match get(schema, "items") {
            Some(items @ Json::Object(_)) if get(schema, "prefixItems").is_none() => {
                let mapped = self.map(items, &format!("{at}[]"), depth + 1);
                match mapped.nullable {
                    // A list has no members that are absent.
                    true => Type::Json,
                    false => mapped.ty,
                }
            }
            _ => Type::Json,
        };
        Mapped::plain(Type::List(Box::new(inner)))
    }

    /// A record, if the schema names fields and takes no others expressly; else what it takes
    /// cannot be told.
    fn object(&mut self, schema: &'a Json, at: &str, depth: usize) -> Type {
        let Some(Json::Object(properties)) = get(schema, "properties") else {
            return Type::Json;
        };
        let open = matches!(
            get(schema, "additionalProperties"),
            Some(Json::Bool(true) | Json::Object(_))
        );
        let many = properties.is_empty() || properties.len() > MAX_FIELDS;
        if open || many || bad_name(properties).is_some() {
            return Type::Json;
        }
        Type::Record(self.fields(schema, properties, at, depth))
    }

    fn one_of(&mut self, names: &'a [Json], schema: &'a Json, at: &str, depth: usize) -> Mapped {
        let nullable = names
            .iter()
            .any(|name| *name == Json::String("null".into()));
        let mapped: Vec<Type> = names
            .iter()
            .filter_map(|name| match name {
                Json::String(name) if name != "null" => {
                    Some(self.named(name, schema, at, depth).ty)
                }
                _ => None,
            })
            .collect();
        Mapped {
            ty: joined(mapped),
            nullable,
        }
    }

    fn union(&mut self, schema: &'a Json, options: &'a [Json], at: &str, depth: usize) -> Mapped {
        let mut nullable = false;
        let mut types = Vec::new();
        for option in options {
            if is_null(option) {
                nullable = true;
                continue;
            }
            let mapped = self.map(option, at, depth + 1);
            nullable |= mapped.nullable;
            types.push(mapped.ty);
        }
        let ty = match (joined(types), get(schema, "type")) {
            // Each option says more of a text that is one in any case.
            (Type::Json, Some(Json::String(base))) if base == "string" => Type::Text,
            (ty, _) => ty,
        };
        Mapped { ty, nullable }
    }

    fn together(&mut self, schema: &'a Json, parts: &'a [Json], at: &str, depth: usize) -> Mapped {
        let typed: Vec<&'a Json> = parts.iter().filter(|part| says_type(part)).collect();
        let alone = get(schema, "properties").is_none();
        match typed.as_slice() {
            [one] if alone => self.map(one, at, depth + 1),
            _ => Mapped::plain(Type::Json),
        }
    }
}

/// The one type for values of several.
fn joined(types: Vec<Type>) -> Type {
    let one = types.into_iter().reduce(|all, one| match (all, one) {
        (all, one) if all == one => all,
        (Type::Enum(mut members), Type::Enum(more)) => {
            members.extend(more);
            enumeration(members)
        }
        (Type::Enum(_) | Type::Text | Type::Time | Type::Ip, Type::Text)
        | (Type::Text, Type::Enum(_) | Type::Time | Type::Ip)
        | (Type::Time, Type::Enum(_))
        | (Type::Enum(_), Type::Time) => Type::Text,
        (Type::Int, Type::Decimal) | (Type::Decimal, Type::Int) => Type::Decimal,
        _ => Type::Json,
    });
    one.unwrap_or(Type::Json)
}

/// Whether a schema says what type a value has, and not only more of one.
fn says_type(schema: &Json) -> bool {
    [
        "type",
        "properties",
        "items",
        "$ref",
        "enum",
        "const",
        "anyOf",
        "oneOf",
        "allOf",
    ]
    .iter()
    .any(|key| get(schema, key).is_some())
}

fn is_null(schema: &Json) -> bool {
    matches!(get(schema, "type"), Some(Json::String(name)) if name == "null")
        || matches!(get(schema, "const"), Some(Json::Null))
        || matches!(get(schema, "enum"), Some(Json::Array(members)) if members == &[Json::Null])
}

/// The type of values that are listed.
fn constants(members: &[Json]) -> Mapped {
    let nullable = members.contains(&Json::Null);
    let told: Vec<&Json> = members.iter().filter(|one| **one != Json::Null).collect();
    let whole = |text: &str| !text.contains(['.', 'e', 'E']);
    let ty = match told.as_slice() {
        [] => Type::Json,
        all if all.iter().all(|one| matches!(one, Json::String(_))) => {
            let texts = all.iter().filter_map(|one| match one {
                Json::String(text) => Some(text.clone()),
                _ => None,
            });
            enumeration(texts.collect())
        }
        all if all.iter().all(|one| matches!(one, Json::Bool(_))) => Type::Bool,
        all if all
            .iter()
            .all(|one| matches!(one, Json::Number(text) if whole(text))) =>
        {
            Type::Int
        }
        all if all.iter().all(|one| matches!(one, Json::Number(_))) => Type::Decimal,
        _ => Type::Json,
    };
    Mapped { ty, nullable }
}

/// An enum, or text where there are too many members.
fn enumeration(members: Vec<SmolStr>) -> Type {
    let mut seen = BTreeSet::new();
    let mut once: Vec<SmolStr> = Vec::new();
    for member in members {
        if seen.insert(member.clone()) {
            once.push(member);
        }
        let long = once.last().is_some_and(|last| last.len() > MAX_MEMBER);
        if long || once.len() > MAX_FIELDS {
            return Type::Text;
        }
    }
    Type::Enum(once)
}

/// A default, if it is a value of the type and short enough to be read.
fn constant(value: &Json, ty: &Type) -> Option<Constant> {
    let constant = typed(value, ty)?;
    (constant.text().len() <= MAX_DEFAULT).then_some(constant)
}

fn typed(value: &Json, ty: &Type) -> Option<Constant> {
    match (value, ty) {
        (Json::Bool(truth), Type::Bool) => Some(Constant::Bool(*truth)),
        (Json::Number(text), Type::Int) => text
            .parse::<i64>()
            .ok()
            .map(|number| Constant::Number(number.to_string().into())),
        (Json::Number(text), Type::Decimal) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let short = digits.len() <= 20;
            let plain = digits
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.');
            (short && plain).then(|| Constant::Number(text.clone()))
        }
        (Json::String(text), Type::Text) => Some(Constant::Text(text.clone())),
        (Json::String(text), Type::Enum(members)) if members.contains(text) => {
            Some(Constant::Text(text.clone()))
        }
        (Json::Array(values), Type::List(inner)) => {
            let values = values.iter().map(|value| typed(value, inner));
            values.collect::<Option<_>>().map(Constant::List)
        }
        _ => None,
    }
}

//! Declares a table of the show file once: its struct, its reader, its schema.

/// A table with fields. `field: Type` must be there, `field: Type = default` may be left out,
/// `field as "key"` has another name in the file, `| (rule)` reads it by a rule. `flat` groups lie in the same table.
/// `check` is called with what was read. `default pub struct` also implements `Default`.
macro_rules! table {
    (
        $(#[doc = $doc:literal])+
        default pub struct $name:ident {
            $($(#[doc = $fdoc:literal])+ pub $field:ident $(as $key:literal)? : $ty:ty $(| ($rule:expr))? = $default:expr,)*
        }
        $(check $check:path)?
    ) => {
        table! {
            $(#[doc = $doc])+
            pub struct $name {
                $($(#[doc = $fdoc])+ pub $field $(as $key)? : $ty $(| ($rule))? = $default,)*
            }
            $(check $check)?
        }
        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }
    };
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident {
            $($(#[doc = $fdoc:literal])+ pub $field:ident $(as $key:literal)? : $ty:ty $(| ($rule:expr))? $(= $default:expr)?,)*
        }
        $(flat { $($(#[doc = $gdoc:literal])+ pub $group:ident : $gty:ty,)+ })?
        $(check $check:path)?
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $($($(#[doc = $gdoc])+ pub $group: $gty,)+)?
            $($(#[doc = $fdoc])+ pub $field: $ty,)*
        }
        impl $crate::file::reader::ReadFields for $name {
            fn read_fields(
                fields: &mut $crate::file::reader::Fields<'_>,
                cx: &mut $crate::file::reader::Cx<'_>,
            ) -> Option<Self> {
                $($(let $group = <$gty as $crate::file::reader::ReadFields>::read_fields(fields, cx);)+)?
                $(let $field: Option<$ty> = table!(@get fields, cx, table!(@key $field $($key)?), $ty,
                    table!(@rule $($rule)?) $(, $default)?);)*
                let read = Self { $($($group: $group?,)+)? $($field: $field?,)* };
                $($check(&read, fields, cx);)?
                Some(read)
            }
            fn shapes(generator: &mut schemars::SchemaGenerator) -> Vec<$crate::file::schema::ObjectSchema> {
                let mut own = $crate::file::schema::ObjectSchema::default();
                $({
                    let schema = $crate::file::reader::Rule::<$ty>::schema(&table!(@rule $($rule)?), generator);
                    let doc = concat!($($fdoc, "\n"),+).trim();
                    own.key(table!(@key $field $($key)?), doc, schema, table!(@required $($default)?));
                })*
                #[allow(unused_mut, reason = "tables without groups have one shape")]
                let mut shapes = vec![own];
                $($(
                    let group = <$gty as $crate::file::reader::ReadFields>::shapes(generator);
                    shapes = $crate::file::schema::cross(shapes, &group);
                )+)?
                shapes
            }
        }
        table!(@table $name, $($doc),+);
    };
    (@table $name:ident, $($doc:literal),+) => {
        impl $crate::file::reader::Read for $name {
            fn read(
                value: $crate::file::reader::Value<'_>,
                cx: &mut $crate::file::reader::Cx<'_>,
            ) -> Option<Self> {
                $crate::file::reader::read_table(value, cx)
            }
            fn schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                generator.subschema_for::<Self>()
            }
        }
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let shapes = <Self as $crate::file::reader::ReadFields>::shapes(generator);
                $crate::file::schema::table_schema(concat!($($doc, "\n"),+).trim(), shapes)
            }
        }
    };
    (@key $field:ident) => { stringify!($field) };
    (@key $field:ident $key:literal) => { $key };
    (@rule) => { $crate::file::reader::Plain };
    (@rule $rule:expr) => { $rule };
    (@required) => { true };
    (@required $default:expr) => { false };
    (@get $fields:ident, $cx:ident, $key:expr, $ty:ty, $rule:expr) => { $fields.required::<$ty>($key, &$rule, $cx) };
    (@get $fields:ident, $cx:ident, $key:expr, $ty:ty, $rule:expr, $default:expr) => {
        $fields.optional::<$ty>($key, &$rule, || $default, $cx)
    };
}

/// A choice by the value of a tag such as `kind`; each kind has keys of its own in the same table.
macro_rules! kinds {
    (
        $(#[doc = $doc:literal])+
        pub enum $name:ident by $tag:literal {
            $($(#[doc = $vdoc:literal])+ $word:literal => $variant:ident($ty:ty),)+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq)]
        pub enum $name {
            $($(#[doc = $vdoc])+ $variant($ty),)+
        }
        impl $name {
            /// The word that the file says for it.
            #[must_use]
            pub const fn word(&self) -> &'static str {
                match self { $(Self::$variant(_) => $word,)+ }
            }
        }
        impl $crate::file::reader::ReadFields for $name {
            fn read_fields(
                fields: &mut $crate::file::reader::Fields<'_>,
                cx: &mut $crate::file::reader::Cx<'_>,
            ) -> Option<Self> {
                let words = $crate::file::words::OneOf(&[$($word),+]);
                let word: Option<&'static str> = fields.required($tag, &words, cx);
                match word {
                    $(Some($word) =>
                        <$ty as $crate::file::reader::ReadFields>::read_fields(fields, cx).map(Self::$variant),)+
                    _ => {
                        fields.forgive();
                        None
                    }
                }
            }
            fn shapes(generator: &mut schemars::SchemaGenerator) -> Vec<$crate::file::schema::ObjectSchema> {
                let mut all = Vec::new();
                $({
                    let mut tag = $crate::file::schema::ObjectSchema::default();
                    tag.tag($tag, $word, concat!($($vdoc, "\n"),+).trim(), true);
                    let keys = <$ty as $crate::file::reader::ReadFields>::shapes(generator);
                    all.extend($crate::file::schema::cross(vec![tag], &keys));
                })+
                all
            }
        }
        table!(@table $name, $($doc),+);
    };
}

/// A choice by which key is there: `input = "host"` or `scene = "Two shot"`.
macro_rules! either {
    (
        $(#[doc = $doc:literal])+
        pub enum $name:ident {
            $($(#[doc = $vdoc:literal])+ $key:literal => $variant:ident($ty:ty),)+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq)]
        pub enum $name {
            $($(#[doc = $vdoc])+ $variant($ty),)+
        }
        impl $crate::file::reader::ReadFields for $name {
            fn read_fields(
                fields: &mut $crate::file::reader::Fields<'_>,
                cx: &mut $crate::file::reader::Cx<'_>,
            ) -> Option<Self> {
                let keys = [$($key),+];
                let key = $crate::file::words::one_key(fields, &keys, cx)?;
                $(if key == $key {
                    let value = fields.value($key)?;
                    return <$ty as $crate::file::reader::Read>::read(value, cx).map(Self::$variant);
                })+
                None
            }
            fn shapes(generator: &mut schemars::SchemaGenerator) -> Vec<$crate::file::schema::ObjectSchema> {
                let mut all = Vec::new();
                $({
                    let mut one = $crate::file::schema::ObjectSchema::default();
                    let schema = <$ty as $crate::file::reader::Read>::schema(generator);
                    one.key($key, concat!($($vdoc, "\n"),+).trim(), schema, true);
                    all.push(one);
                })+
                all
            }
        }
        table!(@table $name, $($doc),+);
    };
}

/// One of a few words.
macro_rules! words {
    (
        $(#[doc = $doc:literal])+
        pub enum $name:ident { $($(#[doc = $vdoc:literal])+ $(#[$default:ident])? $variant:ident = $word:literal,)+ }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[doc = $vdoc])+ $(#[$default])? $variant,)+ }
        impl $name {
            /// The word that the file says for it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
        words!(@read $name { $($variant = $word,)+ });
    };
    (@read $name:ident { $($variant:ident = $word:literal,)+ }) => {
        impl $crate::file::reader::Read for $name {
            fn read(
                value: $crate::file::reader::Value<'_>,
                cx: &mut $crate::file::reader::Cx<'_>,
            ) -> Option<Self> {
                let words = $crate::file::words::OneOf(&[$($word),+]);
                match $crate::file::reader::Rule::<&'static str>::read(&words, value, cx)? {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
            fn schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let words = $crate::file::words::OneOf(&[$($word),+]);
                $crate::file::reader::Rule::<&'static str>::schema(&words, generator)
            }
        }
    };
}

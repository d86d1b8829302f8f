//! The host's side of `vitrine:plugin@1.0.0`, made from its WIT.

wasmtime::component::bindgen!({
    path: "../../plugin-api/wit",
    world: "full-plugin",
    imports: {
        "vitrine:plugin/http.send": async | trappable,
        "vitrine:plugin/assets.fetch": async | trappable,
        "vitrine:plugin/devices.find": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    with: { "vitrine:plugin/overlay.layer": crate::powers::overlay::LayerHandle },
    additional_derives: [PartialEq],
});

pub(crate) use self::exports::vitrine::plugin as offers;
pub(crate) use self::vitrine::plugin as takes;
pub(crate) use self::vitrine::plugin::types::Fault;

// Who embeds a server configures plugins and may bring some: one import serves for that.
@_exported import StreamFencePluginKit

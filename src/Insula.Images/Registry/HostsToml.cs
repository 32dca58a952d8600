using Tomlyn.Model;
using Tomlyn.Serialization;

namespace Insula.Images.Registry;

/// <summary>The form of <c>hosts.toml</c>: a table, read without reflection.</summary>
[TomlSerializable(typeof(TomlTable))]
internal sealed partial class HostsToml : TomlSerializerContext;

using System.Text.Json;
using System.Text.Json.Serialization;

namespace Insula.Images.Formats;

/// <summary>An OCI image configuration, and Docker's, which is the same where it is read.</summary>
internal sealed record OciImageConfiguration
{
    public string? Os { get; init; }

    public string? Architecture { get; init; }

    public string? Variant { get; init; }

    public string? Created { get; init; }

    public OciExecution? Config { get; init; }

    public OciRootfs? Rootfs { get; init; }

    /// <summary>The <c>rootfs</c> member.</summary>
    internal sealed record OciRootfs
    {
        public string? Type { get; init; }

        [JsonPropertyName("diff_ids")]
        public List<string>? DiffIds { get; init; }
    }

    /// <summary>The <c>config</c> member, whose names are capitalised.</summary>
    internal sealed record OciExecution
    {
        [JsonPropertyName("Entrypoint")]
        public List<string>? Entrypoint { get; init; }

        [JsonPropertyName("Cmd")]
        public List<string>? Cmd { get; init; }

        [JsonPropertyName("Env")]
        public List<string>? Env { get; init; }

        [JsonPropertyName("WorkingDir")]
        public string? WorkingDir { get; init; }

        [JsonPropertyName("User")]
        public string? User { get; init; }

        [JsonPropertyName("StopSignal")]
        public string? StopSignal { get; init; }

        [JsonPropertyName("Labels")]
        public Dictionary<string, string>? Labels { get; init; }

        [JsonPropertyName("Volumes")]
        public Dictionary<string, JsonElement>? Volumes { get; init; }

        [JsonPropertyName("ExposedPorts")]
        public Dictionary<string, JsonElement>? ExposedPorts { get; init; }
    }
}

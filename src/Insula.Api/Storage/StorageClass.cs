using Insula.Api.Meta;
using Insula.Api.Values;

namespace Insula.Api.Storage;

/// <summary>How volumes are made for claims (storage.k8s.io/v1 StorageClass).</summary>
public sealed record StorageClass
{
    /// <summary>Always "StorageClass".</summary>
    public string Kind { get; init => field = value ?? "StorageClass"; } = "StorageClass";

    /// <summary>Always "storage.k8s.io/v1".</summary>
    public string ApiVersion { get; init => field = value ?? "storage.k8s.io/v1"; } = "storage.k8s.io/v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Who makes them.</summary>
    public string Provisioner { get; init => field = value ?? ""; } = "";

    /// <summary>What that is told.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init => field = value ?? Empty.Map; } = Empty.Map;

    /// <summary>Delete or Retain, of the volumes made.</summary>
    public string? ReclaimPolicy { get; init; }

    /// <summary>Whether claims may grow.</summary>
    public bool? AllowVolumeExpansion { get; init; }

    /// <summary>Immediate or WaitForFirstConsumer.</summary>
    public string? VolumeBindingMode { get; init; }
}

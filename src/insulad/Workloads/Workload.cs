using Insula.Api.Meta;
using Insula.Api.Selectors;
using Insula.Store;

namespace Insulad.Workloads;

/// <summary>An object from which the daemon makes others, as last heard of.</summary>
/// <param name="Stored">The stored version.</param>
/// <param name="Value">The record of its kind.</param>
/// <param name="Metadata">Its metadata.</param>
/// <param name="Selector">The labels of what it adopts; null when it adopts nothing.</param>
internal sealed record Workload(StoredObject Stored, object Value, ObjectMeta Metadata, LabelSelector? Selector)
{
    public ObjectKey Key => Stored.Key;

    public string Namespace => Stored.Key.Namespace;

    public OwnerReference? Controller => Metadata.OwnerReferences.FirstOrDefault(o => o.Controller == true);
}

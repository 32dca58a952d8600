using Insula.Api.Json;
using Insula.Api.Nodes;
using Insula.Store;

namespace Insula.Pods.Scheduling;

/// <summary>Whether the machine's object says that it takes no further pods.</summary>
/// <param name="store">The objects.</param>
/// <param name="name">The object's name.</param>
internal sealed class NodeGate(IObjectStore store, string name)
{
    /// <summary>Where the object is.</summary>
    public const string Resource = "nodes";

    private readonly ObjectKey _key = new(Resource, "", name);
    private (long Version, bool IsClosed) _read = (-1, false);

    /// <summary>By the newest version of the object, which is read once; open where there is none. Not for several threads at once.</summary>
    public bool IsClosed()
    {
        if (store.Get(_key) is not { } stored)
        {
            return false;
        }

        if (stored.ResourceVersion != _read.Version)
        {
            _read = (stored.ResourceVersion, ApiJson.Read<Node>(stored.Json.Span).Spec.Unschedulable);
        }

        return _read.IsClosed;
    }
}

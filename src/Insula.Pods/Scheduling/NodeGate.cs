using Insula.Api.Json;
using Insula.Api.Nodes;
using Insula.Store;

namespace Insula.Pods.Scheduling;

/// <summary>What the machine's object says of further pods.</summary>
/// <param name="store">The objects.</param>
/// <param name="name">The object's name.</param>
internal sealed class NodeGate(IObjectStore store, string name)
{
    /// <summary>Where the object is.</summary>
    public const string Resource = "nodes";

    private readonly ObjectKey _key = new(Resource, "", name);
    private (long Version, NodeState State) _read = (-1, default);

    /// <summary>By the newest version of the object, which is read once; open where there is none. Not for several threads at once.</summary>
    public NodeState Read()
    {
        if (store.Get(_key) is not { } stored)
        {
            return default;
        }

        if (stored.ResourceVersion != _read.Version)
        {
            _read = (stored.ResourceVersion, NodeState.Of(ApiJson.Read<Node>(stored.Json.Span)));
        }

        return _read.State;
    }
}

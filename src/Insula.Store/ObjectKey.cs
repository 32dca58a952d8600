namespace Insula.Store;

/// <summary>The identity of an object: its resource, its namespace and its name.</summary>
/// <param name="Resource">
/// Plural resource name as Kubernetes writes it: <c>pods</c> for the core group, <c>deployments.apps</c> for a named
/// group.
/// </param>
/// <param name="Namespace">The namespace; the empty string for cluster-scoped resources.</param>
/// <param name="Name">The name, unique within resource and namespace.</param>
public readonly record struct ObjectKey(string Resource, string Namespace, string Name)
{
    /// <summary><c>pods default/web</c>, or <c>namespaces default</c> for a cluster-scoped object.</summary>
    public override string ToString() => Namespace.Length == 0 ? $"{Resource} {Name}" : $"{Resource} {Namespace}/{Name}";
}

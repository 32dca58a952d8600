namespace Insula.Pods.Lifecycle;

/// <summary>What the pod needs of its sandbox now.</summary>
public enum SandboxWant
{
    /// <summary>A container shall run in it.</summary>
    Needed,

    /// <summary>Containers still live in it, though none shall start.</summary>
    Kept,

    /// <summary>No container lives in it or shall run again.</summary>
    Released,
}

namespace Insula.Pods.Lifecycle;

/// <summary>The two hooks a container may have.</summary>
public enum HookKind
{
    /// <summary>Right after the start.</summary>
    PostStart,

    /// <summary>Before the stop signal.</summary>
    PreStop,
}

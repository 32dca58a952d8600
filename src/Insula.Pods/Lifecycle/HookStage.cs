namespace Insula.Pods.Lifecycle;

/// <summary>How far a hook of one start has come.</summary>
public enum HookStage
{
    /// <summary>Not begun.</summary>
    None,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>It ended well, or its failure changes nothing.</summary>
    Done,

    /// <summary>It failed.</summary>
    Failed,
}

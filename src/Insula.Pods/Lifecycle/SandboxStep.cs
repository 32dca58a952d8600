namespace Insula.Pods.Lifecycle;

/// <summary>What to do about the sandbox: the entries of <see cref="SandboxTable"/>.</summary>
public enum SandboxStep
{
    /// <summary>Nothing.</summary>
    Wait,

    /// <summary>Make it now.</summary>
    Create,

    /// <summary>Make it when the delay after the last failure is over.</summary>
    CreateWhenDue,

    /// <summary>Remove it now.</summary>
    Destroy,

    /// <summary>Remove it when the delay after the last failure is over.</summary>
    DestroyWhenDue,
}

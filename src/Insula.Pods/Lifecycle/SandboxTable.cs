using static Insula.Pods.Lifecycle.SandboxStep;

namespace Insula.Pods.Lifecycle;

/// <summary>The table of sandbox states against what the pod needs.</summary>
public static class SandboxTable
{
    // Columns in the order of SandboxWant, rows in the order of SandboxStage.
    private static readonly SandboxStep[][] Cells =
    [
        //                    Needed          Kept            Released
        /* None          */ [Create,         Wait,           Wait],
        /* Creating      */ [Wait,           Wait,           Wait],
        /* CreateFailed  */ [CreateWhenDue,  Wait,           Destroy], // its making is undone, its volumes are not
        /* Ready         */ [Wait,           Wait,           Destroy],
        /* Dead          */ [Destroy,        Destroy,        Destroy],
        /* Destroying    */ [Wait,           Wait,           Wait],
        /* DestroyFailed */ [DestroyWhenDue, DestroyWhenDue, DestroyWhenDue],
    ];

    /// <summary>The step for a sandbox at <paramref name="stage"/> of which <paramref name="want"/> is wanted.</summary>
    public static SandboxStep Step(SandboxStage stage, SandboxWant want) => Cells[(int)stage][(int)want];
}

using static Insula.Pods.Lifecycle.ContainerStep;

namespace Insula.Pods.Lifecycle;

/// <summary>The table of container states against what is wanted. Every cell is a decision and has its test.</summary>
public static class ContainerTable
{
    // Columns in the order of ContainerWant, rows in the order of ContainerStage.
    private static readonly ContainerStep[][] Cells =
    [
        //               Hold         Run           Replace      End          Rest         Abandon
        /* Absent   */ [Wait,        Start,        Start,       Wait,        Wait,        Wait],
        /* Starting */ [Wait,        Wait,         Wait,        Wait,        Wait,        Wait], // an unanswered start cannot be taken back
        /* Running  */ [Wait,        Wait,         Stop,        Stop,        Stop,        Kill],
        /* Stopping */ [KillWhenDue, KillWhenDue,  KillWhenDue, KillWhenDue, KillWhenDue, Kill], // no way back once signalled
        /* Killing  */ [Wait,        Wait,         Wait,        Wait,        Wait,        Wait],
        /* Exited   */ [Wait,        StartWhenDue, Start,       Wait,        Wait,        Wait],
        /* Refused  */ [Wait,        StartWhenDue, Start,       Wait,        Wait,        Wait],
        /* Pulling  */ [Wait,        Wait,         Start,       Wait,        Wait,        Wait], // another image: what comes of this pull is for others
        /* Pulled   */ [Wait,        Start,        Start,       Wait,        Wait,        Wait],
    ];

    /// <summary>The step for a container at <paramref name="stage"/> of which <paramref name="want"/> is wanted.</summary>
    public static ContainerStep Step(ContainerStage stage, ContainerWant want) => Cells[(int)stage][(int)want];
}

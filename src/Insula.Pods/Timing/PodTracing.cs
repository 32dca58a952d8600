using System.Diagnostics;

namespace Insula.Pods.Timing;

/// <summary>
/// The steps of a pod's life as activities of <see cref="ActivitySource"/>. One that carries <see cref="PodTag"/> stands for all that is
/// done within it, in whatever part of the daemon: sandboxes and networks have sources of their own and know no pods.
/// </summary>
public static class PodTracing
{
    /// <summary>What the names of all our sources begin with.</summary>
    public const string Prefix = "Insula.";

    /// <summary>The uid of the pod for which an activity and all that begins within it are done.</summary>
    public const string PodTag = "insula.pod.uid";

    /// <summary>The name of the container for which an activity is done.</summary>
    public const string ContainerTag = "insula.container";

    private static readonly ActivitySource s_source = new(Prefix + "Pods");

    /// <summary>Begins a step within the one that runs. Null, which is as good to dispose, when nobody listens.</summary>
    public static Activity? Step(string name) => s_source.StartActivity(name);

    /// <summary>Says of the step that runs, and of all within it, for which pod it is.</summary>
    public static void Belongs(string uid) => Activity.Current?.SetTag(PodTag, uid);

    /// <summary>Begins what is done for a pod, whatever it was that led to it.</summary>
    /// <param name="name">The name of the step.</param>
    /// <param name="uid">The pod.</param>
    /// <param name="container">The container, if it is done for one.</param>
    public static Activity? For(string name, string uid, string? container = null)
    {
        // Not a part of what happens to run on this thread: the end of one action is the cause of the next, not its owner.
        Activity.Current = null;
        return s_source.StartActivity(name)?.SetTag(PodTag, uid).SetTag(ContainerTag, container);
    }
}

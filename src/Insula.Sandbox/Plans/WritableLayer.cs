namespace Insula.Sandbox.Plans;

/// <summary>Where a container's writable layer lies, relative to the pod's directory.</summary>
internal static class WritableLayer
{
    public const string Directory = "containers";

    public static string Of(string containerId) => Directory + "/" + containerId;

    public static string UpperOf(string containerId) => Of(containerId) + "/upper";

    public static string WorkOf(string containerId) => Of(containerId) + "/work";
}

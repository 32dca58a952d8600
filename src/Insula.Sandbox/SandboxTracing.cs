using System.Diagnostics;

namespace Insula.Sandbox;

/// <summary>The steps of making sandboxes and starting containers, as activities.</summary>
internal static class SandboxTracing
{
    private static readonly ActivitySource s_source = new("Insula.Sandbox");

    /// <summary>Begins a step within the one that runs; null when nobody listens.</summary>
    public static Activity? Step(string name) => s_source.StartActivity(name);
}

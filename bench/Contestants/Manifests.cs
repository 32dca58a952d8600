namespace Insula.Bench.Contestants;

/// <summary>The pods that everybody runs.</summary>
internal static class Manifests
{
    /// <summary>The program of a pod that does nothing and ends at once when asked to.</summary>
    public const string Idle = Heed + Rest;

    /// <summary>The same, which tells of its start by a line in a file, when it would hear a signal.</summary>
    public const string Telling = Heed + "echo >> /told/starts; " + Rest;

    private const string Heed = "trap 'exit 0' TERM; ";
    private const string Rest = "sleep 1000000 & wait";

    /// <summary>One container with limits, in JSON, which is YAML, too.</summary>
    /// <param name="name">The pod's name.</param>
    /// <param name="image">The image.</param>
    /// <param name="script">What the container's shell runs.</param>
    /// <param name="more">More fields of the container, each with a comma before it.</param>
    /// <param name="volumes">The pod's volumes.</param>
    public static string Pod(string name, string image, string script = Idle, string more = "", string volumes = "[]") =>
        $$$"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{name}}}"},"spec":{"terminationGracePeriodSeconds":5,"containers":[{"name":"main",
        "image":"{{{image}}}","imagePullPolicy":"IfNotPresent","command":["sh","-c","{{{script}}}"],
        "resources":{"limits":{"cpu":"500m","memory":"64Mi"}}{{{more}}}}],"volumes":{{{volumes}}}}}
        """;
}

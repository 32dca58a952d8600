using System.Text.RegularExpressions;
using Insula.Tests.Shared;

namespace Insula.Architecture.Tests;

/// <summary>What images and manifests say about themselves is data: no code that starts containers looks at it.</summary>
public sealed partial class DataOnlyTests
{
    private static readonly string[] s_starting = ["Insula.Linux", "Insula.Images", "Insula.Sandbox", "Insula.Network", "Insula.Volumes", "Insula.Pods"];

    /// <summary>Who reads labels of pods because that is what it is for, and starts nothing.</summary>
    private static readonly string[] s_selecting = ["/Insula.Network/Services/", "/Insula.Network/Policies/"];

    /// <summary>An OCI layout names its images by an annotation, and a manifest may ask for one as a variable or a file; a Service's go to a load balancer's program.</summary>
    private static readonly string[] s_annotations = ["Insula.Images/Formats/OciDescriptor.cs", "Insula.Images/Loading/OciLayout.cs", "Insula.Network/Balancers/BalancerRequest.cs", "Insula.Network/Balancers/ExecProtocol.cs", "Insula.Pods/Configs/PodReferences.cs", "Insula.Pods/Launch/PodFieldValues.cs"];

    /// <summary>Kept with an image to be shown, and a pod's as a variable or a file.</summary>
    private static readonly string[] s_labels =
        ["Insula.Images/Formats/OciImageConfiguration.cs", "Insula.Images/ImageConfig.cs", "Insula.Images/Loading/Configurations.cs", "Insula.Pods/Configs/PodReferences.cs", "Insula.Pods/Launch/PodFieldValues.cs"];

    [Fact]
    public void Annotations_are_read_by_nobody_who_starts_containers() => Assert.Equal(s_annotations, Naming(Annotations()));

    [Fact]
    public void Labels_of_images_are_read_by_nobody() => Assert.Equal(s_labels, Naming(Labels()));

    private static string[] Naming(Regex name)
    {
        var sources = Path.Combine(RepositoryRoot.Find(), "src");
        return [.. s_starting.SelectMany(project => Directory.EnumerateFiles(Path.Combine(sources, project), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
            .Where(file => !s_selecting.Any(file.Contains))
            .Where(file => name.IsMatch(File.ReadAllText(file)))
            .Select(file => Path.GetRelativePath(sources, file))
            .Order(StringComparer.Ordinal)];
    }

    [GeneratedRegex(@"\bAnnotations\b")]
    private static partial Regex Annotations();

    [GeneratedRegex(@"\bLabels\b(?! of another)")]
    private static partial Regex Labels();
}

using System.Xml.Linq;
using Insula.Tests.Shared;

namespace Insula.Architecture.Tests;

/// <summary>Who may know whom: the references between the projects are exactly the design's.</summary>
public sealed class ReferenceTests
{
    private static readonly Dictionary<string, string[]> s_design = new()
    {
        ["Insula.Api"] = [],
        ["Insula.Linux"] = [],
        ["Insula.Dns"] = ["Insula.Linux"],
        ["Insula.Store"] = ["Insula.Api", "Insula.Linux"],
        ["Insula.Images"] = ["Insula.Linux"],
        ["Insula.Sandbox"] = ["Insula.Linux"],
        ["Insula.Network"] = ["Insula.Api", "Insula.Dns", "Insula.Linux"],
        ["Insula.Volumes"] = ["Insula.Api", "Insula.Linux"],
        ["Insula.Pods"] = ["Insula.Api", "Insula.Images", "Insula.Network", "Insula.Sandbox", "Insula.Store", "Insula.Volumes"],
        ["Insula.Workloads"] = ["Insula.Api"],
        ["Insula.Claims"] = ["Insula.Api"],
        ["Insula.Ingresses"] = ["Insula.Api"],
        ["insula"] = ["Insula.Api", "Insula.Images"],
        ["insula-dns"] = ["Insula.Dns"],
        ["insulad"] = ["Insula.Claims", "Insula.Ingresses", "Insula.Pods", "Insula.Workloads"],
    };

    [Fact]
    public void References_between_projects_are_the_design_s()
    {
        var actual = Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Find(), "src"), "*.csproj", SearchOption.AllDirectories)
            .ToDictionary(path => Path.GetFileNameWithoutExtension(path)!, References);
        Assert.Equal(s_design.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach (var (project, allowed) in s_design)
        {
            Assert.Equal(allowed, actual[project]);
        }
    }

    [Fact]
    public void Every_project_has_its_mirror_of_tests()
    {
        foreach (var project in s_design.Keys)
        {
            Assert.True(Directory.Exists(Path.Combine(RepositoryRoot.Find(), "tests", project + ".Tests")), $"tests/{project}.Tests is missing");
        }
    }

    /// <summary>Versions stand in one file; no project pins one of its own.</summary>
    [Fact]
    public void No_project_names_a_package_version()
    {
        foreach (var project in Directory.EnumerateFiles(RepositoryRoot.Find(), "*.csproj", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain(
                XDocument.Load(project).Descendants("PackageReference"),
                package => package.Attribute("Version") is not null || package.Attribute("VersionOverride") is not null);
        }
    }

    private static string[] References(string project) =>
        [.. XDocument.Load(project).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')))
            .Order(StringComparer.Ordinal)];
}

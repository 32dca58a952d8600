using Insula.Tests.Shared;

namespace Insula.SystemTests.Harness;

/// <summary>Where the built programs, images and examples are.</summary>
public static class Repository
{
    public static string Root { get; } = Find();

    public static string Out => Path.Combine(Root, "out");

    public static string Program(string name)
    {
        var path = Path.Combine(Out, name);
        Assert.True(File.Exists(path), $"{path} is missing: run `make build failpoints images` first");
        return path;
    }

    public static string Image(string name)
    {
        var path = Path.Combine(Out, "images", name);
        Assert.True(Directory.Exists(path), $"{path} is missing: run `make images` first");
        return path;
    }

    private static string Find() =>
        Environment.GetEnvironmentVariable("INSULA_TEST_ROOT") is { Length: > 0 } given ? given : RepositoryRoot.Find();
}

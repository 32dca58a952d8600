using Insula.Linux;
using Insula.Linux.Files;

namespace Insula.Images.Tests.Support;

/// <summary>A directory of one test, removed at its end.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory() => Path = Directory.CreateTempSubdirectory("insula-images-").FullName;

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        using var parent = Directories.Open(System.IO.Path.GetDirectoryName(Path)!);
        RemoveTree.Remove(parent, System.IO.Path.GetFileName(Path));
    }
}

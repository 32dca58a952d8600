namespace Insula.Linux.Tests;

/// <summary>A directory of one test, removed at its end.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory()
    {
        Path = Directory.CreateTempSubdirectory("insula-test-").FullName;
        Descriptor = Linux.Files.Directories.Open(Path);
    }

    public string Path { get; }

    public Descriptor Descriptor { get; }

    public void Dispose()
    {
        Descriptor.Dispose();
        Directory.Delete(Path, recursive: true);
    }
}

using System.Runtime.InteropServices;

namespace Insula.Images;

/// <summary>A platform as the OCI image index names it: Go's GOOS and GOARCH, and the architecture's variant.</summary>
/// <param name="Os">Operating system, <c>linux</c>.</param>
/// <param name="Architecture">Processor architecture, <c>amd64</c> or <c>arm64</c>.</param>
/// <param name="Variant">Variant of the architecture (<c>v8</c>), null where the image says nothing.</param>
public sealed record ImagePlatform(string Os, string Architecture, string? Variant = null)
{
    /// <summary>The platform this process runs on.</summary>
    public static ImagePlatform Current { get; } = new("linux", RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        System.Runtime.InteropServices.Architecture.Arm => "arm",
        System.Runtime.InteropServices.Architecture.X86 => "386",
        var other => other.ToString().ToLowerInvariant(),
    });

    /// <inheritdoc/>
    public override string ToString() => Variant is null ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";
}

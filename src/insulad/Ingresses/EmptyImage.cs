using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Insula.Images;
using Insula.Ingresses.Plane;

namespace Insulad.Ingresses;

/// <summary>The image of the proxy's pod, which has no file. It is made when it is needed, stays while it is, and is nobody's to collect.</summary>
internal sealed class EmptyImage(ImageStore images)
{
    /// <summary>Has it be there.</summary>
    /// <exception cref="ImageException">The disk refuses.</exception>
    public async Task EnsureAsync(CancellationToken ct)
    {
        if (images.Resolve(PlaneNames.Image) is { IsPinned: true })
        {
            return;
        }

        using var archive = Archive();
        await images.LoadAsync(archive, PlaneNames.Image, null, ct);
        await images.PinAsync(PlaneNames.Image, pinned: true, ct);
    }

    /// <summary>Has it be gone, as soon as no container has it.</summary>
    /// <returns>Whether it is.</returns>
    /// <exception cref="ImageException">The disk refuses.</exception>
    public async Task<bool> RemoveAsync(Func<Image, bool> inUse, CancellationToken ct)
    {
        try
        {
            await images.PinAsync(PlaneNames.Image, pinned: false, ct);
            await images.RemoveAsync(PlaneNames.Image, inUse, ct);
            return true;
        }
        catch (ImageException e) when (e.Error == ImageError.InUse)
        {
            return false;
        }
    }

    // A docker archive: the layer is the end of a tar file, two blocks of zeros.
    private static MemoryStream Archive()
    {
        const string Layer = "layer.tar";
        const string Configuration = "config.json";
        var layer = new byte[1024];
        var configuration = new JsonObject
        {
            ["architecture"] = System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64",
            ["os"] = "linux",
            ["config"] = new JsonObject(),
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray("sha256:" + Convert.ToHexStringLower(SHA256.HashData(layer))) },
        };
        var manifest = new JsonArray(new JsonObject { ["Config"] = Configuration, ["RepoTags"] = new JsonArray(PlaneNames.Image), ["Layers"] = new JsonArray(Layer) });
        var archive = new MemoryStream();
        using (var tar = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (name, content) in new[] { (Layer, layer), (Configuration, Encoding.UTF8.GetBytes(configuration.ToJsonString())), ("manifest.json", Encoding.UTF8.GetBytes(manifest.ToJsonString())) })
            {
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
            }
        }

        archive.Position = 0;
        return archive;
    }
}

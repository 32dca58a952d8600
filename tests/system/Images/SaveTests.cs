using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Images;

/// <summary>Images leave by the command line, and come back as what they were.</summary>
public sealed class SaveTests
{
    [Fact]
    public async Task What_is_saved_is_loaded_as_the_same_image_and_runs()
    {
        await using var insula = await Instance.StartAsync("", "busybox", "whiteouts");
        var archive = Path.Combine(insula.Base, "two.tar");
        var said = (await insula.CliAsync("save", "busybox", "whiteouts", "-o", archive)).Succeeded();
        Assert.StartsWith($"Saved busybox, whiteouts to {archive} (", said, StringComparison.Ordinal);
        var layout = Path.Combine(insula.Base, "layout");
        (await insula.CliAsync("image", "save", "busybox", "--format", "oci-dir", "-o", layout)).Succeeded();
        Assert.Equal(["blobs", "index.json", "oci-layout"], Directory.GetFileSystemEntries(layout).Select(Path.GetFileName).Order());

        var before = await IdsAsync(insula);
        (await insula.CliAsync("rmi", "busybox")).Succeeded();
        (await insula.CliAsync("rmi", "whiteouts")).Succeeded();
        (await insula.CliAsync("load", layout)).Succeeded();
        (await insula.CliAsync("load", archive)).Succeeded();
        Assert.Equal(before, await IdsAsync(insula));
        await insula.ApplyAsync(Manifests.Pod("again", Manifests.Forever));
        await insula.WaitForReadyAsync("again");
    }

    [Fact]
    public async Task What_cannot_be_saved_is_told_and_leaves_no_file()
    {
        await using var insula = await Instance.StartAsync("", "busybox");
        var archive = Path.Combine(insula.Base, "image.tar");
        var none = await insula.CliAsync("save", "busybox", "missing:1", "-o", archive);
        Assert.NotEqual(0, none.ExitCode);
        Assert.Contains("there is no image \"missing:1\"", none.Error, StringComparison.Ordinal);
        Assert.Contains("say which by -o DIRECTORY", (await insula.CliAsync("save", "busybox", "--format", "oci-dir")).Error, StringComparison.Ordinal);

        // Somebody wrote into the layer: what is given out must not be taken for the image.
        var layer = Path.Combine(insula.Root, "images", "layers", "1");
        var longer = Directory.GetFiles(layer, "*", SearchOption.AllDirectories).First(f => new FileInfo(f) is { Length: > 0, LinkTarget: null });
        var bytes = await File.ReadAllBytesAsync(longer);
        bytes[0] ^= 1;
        await File.WriteAllBytesAsync(longer, bytes);
        var broken = await insula.CliAsync("save", "busybox", "-o", archive);
        Assert.NotEqual(0, broken.ExitCode);
        Assert.Contains("the daemon broke off in the middle", broken.Error, StringComparison.Ordinal);
        Assert.Contains("is not what was loaded any more", insula.DaemonLog, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(insula.Base, "image.tar*"));
    }

    private static async Task<List<string>> IdsAsync(Instance insula) =>
        JsonNode.Parse((await insula.CliAsync("images", "-o", "json")).Succeeded())!["items"]!.AsArray()
            .Select(i => $"{i!["id"]} {string.Join(' ', i["references"]!.AsArray().Select(r => (string)r!))}").Order(StringComparer.Ordinal).ToList();
}

using System.Globalization;
using Insula.Images.Formats;

namespace Insula.Images.Loading;

/// <summary>Reads and checks an image's configuration.</summary>
internal static class Configurations
{
    /// <summary>Reads a configuration document and checks it against the number of layers and the platform.</summary>
    public static OciImageConfiguration Read(byte[] document, int layers, ImagePlatform platform, ImageLimits limits)
    {
        var configuration = FormatsJson.Read(document, FormatsJson.Default.OciImageConfiguration, "the image's configuration");
        if (layers == 0)
        {
            throw new ImageException(ImageError.InvalidImage, "the image has no layers, so nothing in it could run");
        }

        if (layers > limits.Layers)
        {
            throw new ImageException(ImageError.TooLarge, $"the image has {layers} layers, at most {limits.Layers} are taken");
        }

        if (configuration.Rootfs?.DiffIds is not { } diffIds || diffIds.Count != layers)
        {
            throw new ImageException(
                ImageError.InvalidImage, $"the image has {layers} layers but its configuration lists {configuration.Rootfs?.DiffIds?.Count ?? 0}");
        }

        if (diffIds.FindIndex(d => !Digests.IsValid(d)) is >= 0 and var bad)
        {
            throw new ImageException(ImageError.InvalidImage, $"the image's configuration has the diff id {Printable.Quote(diffIds[bad] ?? "null")}, which is no sha256 digest");
        }

        CheckPlatform(configuration, platform);
        return configuration;
    }

    /// <summary>The part of a configuration that says how to run the image.</summary>
    public static ImageConfig Execution(OciImageConfiguration configuration)
    {
        var c = configuration.Config ?? new OciImageConfiguration.OciExecution();
        var result = new ImageConfig
        {
            Entrypoint = Words(c.Entrypoint, "Entrypoint"),
            Cmd = Words(c.Cmd, "Cmd"),
            Env = Words(c.Env, "Env"),
            WorkingDir = Word(c.WorkingDir ?? "", "WorkingDir"),
            User = Word(c.User ?? "", "User"),
            StopSignal = Word(c.StopSignal ?? "", "StopSignal"),
            Labels = c.Labels ?? [],
            Volumes = Words(c.Volumes?.Keys.Order(StringComparer.Ordinal), "Volumes"),
            ExposedPorts = Words(c.ExposedPorts?.Keys.Order(StringComparer.Ordinal), "ExposedPorts"),
        };
        return result.Env.FirstOrDefault(e => e.IndexOf('=', StringComparison.Ordinal) < 1) is { } bad
            ? throw new ImageException(ImageError.InvalidImage, $"the image's configuration has the environment entry {Printable.Quote(bad)}, which is not NAME=value")
            : result;
    }

    public static DateTimeOffset? Created(OciImageConfiguration configuration) =>
        DateTimeOffset.TryParse(configuration.Created, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var created) ? created : null;

    private static void CheckPlatform(OciImageConfiguration configuration, ImagePlatform platform)
    {
        // Old images say nothing of their platform; such are taken, as everywhere.
        var os = configuration.Os is { Length: > 0 } o ? o : platform.Os;
        var architecture = configuration.Architecture is { Length: > 0 } a ? a : platform.Architecture;
        if (os != platform.Os || architecture != platform.Architecture)
        {
            throw new ImageException(
                ImageError.WrongPlatform, $"the image is for {Printable.Quote($"{os}/{architecture}")}, this machine is {platform}");
        }
    }

    private static List<string> Words(IEnumerable<string>? words, string member) =>
        (words ?? []).Select(w => Word(w, member)).ToList();

    // Null in a list is legal JSON, and a NUL would cut the word short on its way to the kernel.
    private static string Word(string? word, string member) =>
        word is not null && !word.Contains('\0', StringComparison.Ordinal)
            ? word
            : throw new ImageException(ImageError.InvalidImage, $"the image's configuration has a null or NUL in {member}");
}

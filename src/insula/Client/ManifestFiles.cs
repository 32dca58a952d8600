namespace Insula.Cli.Client;

internal static class ManifestFiles
{
    public static Task<IReadOnlyList<ManifestDocument>> ReadAsync(IReadOnlyList<string> files, bool recursive, CancellationToken ct, bool strict = true) =>
        Task.FromException<IReadOnlyList<ManifestDocument>>(new CommandException($"{files}{recursive}{ct}{strict}"));
}

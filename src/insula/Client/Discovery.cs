namespace Insula.Cli.Client;

/// <summary>Finds the kind that a word of the command line names.</summary>
internal static class Discovery
{
    public static async Task<ResourceType> FindAsync(ApiClient client, string word, CancellationToken ct)
    {
        var types = await ResourceType.DiscoverAsync(client, ct);
        return types.FirstOrDefault(t => t.Is(word)) ?? throw new CommandException(
            $"the daemon has no kind \"{word}\"; it has: {string.Join(", ", types.Select(t => t.Plural).Order(StringComparer.Ordinal))}");
    }
}

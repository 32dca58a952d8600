using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using Insula.Api.Kinds;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary>What a shell offers as the next word: kinds, and the names of what there is.</summary>
internal static class Completions
{
    /// <summary>A shell waits for its answer: a daemon that is slow or away offers nothing.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <summary>KIND, then the names of that kind.</summary>
    public static Argument<string[]> TakesKindsAndNames(this Argument<string[]> argument)
    {
        argument.IsCalledByItsName();
        argument.CompletionSources.Add(context =>
        {
            var words = context.ParseResult.GetResult(argument)?.Tokens.Select(token => token.Value).ToArray() ?? [];
            var word = context.WordToComplete;
            var before = words.Length > 0 && words[^1] == word ? words[..^1] : words;
            if (before.Length == 0)
            {
                return Items(KindTable.All.Where(k => k.Support == KindSupport.Supported).Select(k => k.Plural));
            }

            return Items(Names(context.ParseResult, before[0]).Except(before));
        });
        // These words take any number of arguments: without this a misspelt option would be one more name,
        // and `delete pod hello --dry-rn` would delete.
        argument.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(token => token.Value is ['-', ..]) is { } option)
            {
                result.AddError(UsageErrors.UnknownOption((result.Parent as CommandResult)?.Command, option.Value));
            }
        });
        return argument;
    }

    public static Argument<T> TakesPod<T>(this Argument<T> argument)
    {
        argument.IsCalledByItsName();
        argument.CompletionSources.Add(context => Items(Names(context.ParseResult, "pods")));
        return argument;
    }

    /// <summary>A pod with a colon; files are the shell's own to complete.</summary>
    public static Argument<string> TakesPodPath(this Argument<string> argument)
    {
        argument.IsCalledByItsName();
        argument.CompletionSources.Add(context => Items(Names(context.ParseResult, "pods").Select(name => name + ":")));
        return argument;
    }

    // Without a name of its own the help asks for all that may be completed, the daemon for its pods too, and shows that instead.
    private static void IsCalledByItsName(this Argument argument) => argument.HelpName = argument.Name;

    private static IEnumerable<CompletionItem> Items(IEnumerable<string> words) =>
        words.Order(StringComparer.Ordinal).Select(word => new CompletionItem(word));

    private static IReadOnlyList<string> Names(ParseResult parsed, string kind)
    {
        using var deadline = new CancellationTokenSource(s_patience);
        try
        {
            return Task.Run(() => NamesAsync(parsed, kind, deadline.Token), deadline.Token).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is CommandException or OperationCanceledException)
        {
            // There is nobody to tell: the user is in the middle of a word.
            return [];
        }
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(ParseResult parsed, string kind, CancellationToken ct)
    {
        using var client = parsed.Client();
        var type = await Discovery.FindAsync(client, kind, ct);
        var list = await client.GetAsync(type.Collection(parsed.NamespaceName()), ct);
        return [.. (list["items"]?.AsArray() ?? []).Select(item => (string?)item?["metadata"]?["name"]).OfType<string>()];
    }
}

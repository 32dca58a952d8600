using System.Text.Json.Nodes;

namespace Insulad.Tests;

/// <summary>The lines of a watch.</summary>
internal sealed class WatchStream(HttpResponseMessage response) : IAsyncDisposable
{
    private StreamReader? _reader;

    public async Task<string?> LineAsync()
    {
        _reader ??= new StreamReader(await response.Content.ReadAsStreamAsync());
        return await _reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    public async Task<JsonObject> NextAsync() => JsonNode.Parse((await LineAsync())!)!.AsObject();

    public async Task<(string, string)> NextNameAsync()
    {
        var change = await NextAsync();
        return ((string)change["type"]!, (string)change["object"]!["metadata"]!["name"]!);
    }

    public ValueTask DisposeAsync()
    {
        _reader?.Dispose();
        response.Dispose();
        return ValueTask.CompletedTask;
    }
}

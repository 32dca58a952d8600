using System.Diagnostics;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary>How an object is deleted.</summary>
/// <param name="GraceSeconds">Overrides the object's own grace period.</param>
/// <param name="Wait">Return only when the object is gone.</param>
/// <param name="Timeout">How long to wait; null is without end.</param>
/// <param name="IgnoreMissing">An object that does not exist is no error.</param>
/// <param name="Cascade">What becomes of what it owns: Background, Foreground or Orphan.</param>
internal sealed record DeleteOptions(long? GraceSeconds, bool Wait, TimeSpan? Timeout, bool IgnoreMissing, string Cascade = "Background")
{
    /// <summary>The one that is meant; null for whichever has the name. Another one counts as none.</summary>
    public string? Uid { get; init; }
}

/// <summary>Deletes one object, and waits until it is gone where that was asked.</summary>
internal static class Deletion
{
    public static async Task<bool> DeleteAsync(
        ApiClient client, ObjectTarget target, DeleteOptions options, CancellationToken ct)
    {
        var body = Body(options);
        try
        {
            await client.SendAsync(HttpMethod.Delete, target.Path, ApiClient.Json(body), ct);
        }
        catch (CommandException e) when (options.IgnoreMissing && (e.Code == 404 || (e.Code == 409 && options.Uid is not null)))
        {
            return false;
        }

        if (options.Wait)
        {
            await WaitUntilGoneAsync(client, target, options.Timeout, ct, options.Uid);
        }

        return true;
    }

    /// <summary>Asks for the end of a pod by its eviction; false when there is no such pod.</summary>
    /// <exception cref="CommandException">429: a disruption budget keeps it for now.</exception>
    public static async Task<bool> EvictAsync(ApiClient client, ObjectTarget target, DeleteOptions options, CancellationToken ct)
    {
        var eviction = new JsonObject
        {
            ["kind"] = "Eviction",
            ["apiVersion"] = "policy/v1",
            ["metadata"] = new JsonObject { ["name"] = target.Name, ["namespace"] = target.Namespace },
            ["deleteOptions"] = Body(options),
        };
        try
        {
            await client.SendAsync(HttpMethod.Post, $"{target.Path}/eviction", ApiClient.Json(eviction), ct);
            return true;
        }
        catch (CommandException e) when (options.IgnoreMissing && (e.Code == 404 || (e.Code == 409 && options.Uid is not null)))
        {
            return false;
        }
    }

    private static JsonObject Body(DeleteOptions options)
    {
        var body = new JsonObject { ["kind"] = "DeleteOptions", ["apiVersion"] = "v1", ["propagationPolicy"] = options.Cascade };
        if (options.GraceSeconds is { } grace)
        {
            body["gracePeriodSeconds"] = grace;
        }

        if (options.Uid is not null)
        {
            body["preconditions"] = new JsonObject { ["uid"] = options.Uid };
        }

        return body;
    }

    public static async Task WaitUntilGoneAsync(
        ApiClient client, ObjectTarget target, TimeSpan? timeout, CancellationToken ct, string? uid = null)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (timeout is { } limit)
        {
            deadline.CancelAfter(limit);
        }

        bool IsMeant(JsonNode? item) => uid is null || (string?)item?["metadata"]?["uid"] == uid;
        var clock = Stopwatch.StartNew();
        try
        {
            while (await target.LookAsync(client, deadline.Token) is ({ } there, var since) && IsMeant(there))
            {
                await foreach (var change in client.WatchAsync(target.WatchPath(since), null, deadline.Token))
                {
                    if ((string?)change["type"] == "DELETED" || !IsMeant(change["object"]))
                    {
                        return;
                    }
                }
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new CommandException(
                $"{target.Reference}: still there after {clock.Elapsed.TotalSeconds:0} s; `insula describe {target.Type.Singular} {target.Name}` says why");
        }
    }
}

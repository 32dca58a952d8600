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
internal sealed record DeleteOptions(long? GraceSeconds, bool Wait, TimeSpan? Timeout, bool IgnoreMissing, string Cascade = "Background");

/// <summary>Deletes one object, and waits until it is gone where that was asked.</summary>
internal static class Deletion
{
    public static async Task<bool> DeleteAsync(
        ApiClient client, ObjectTarget target, DeleteOptions options, CancellationToken ct)
    {
        var body = new JsonObject { ["kind"] = "DeleteOptions", ["apiVersion"] = "v1", ["propagationPolicy"] = options.Cascade };
        if (options.GraceSeconds is { } grace)
        {
            body["gracePeriodSeconds"] = grace;
        }

        try
        {
            await client.SendAsync(HttpMethod.Delete, target.Path, ApiClient.Json(body), ct);
        }
        catch (CommandException e) when (e.Code == 404 && options.IgnoreMissing)
        {
            return false;
        }

        if (options.Wait)
        {
            await WaitUntilGoneAsync(client, target, options.Timeout, ct);
        }

        return true;
    }

    public static async Task WaitUntilGoneAsync(
        ApiClient client, ObjectTarget target, TimeSpan? timeout, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (timeout is { } limit)
        {
            deadline.CancelAfter(limit);
        }

        var clock = Stopwatch.StartNew();
        try
        {
            while (await target.LookAsync(client, deadline.Token) is ({ }, var since))
            {
                await foreach (var change in client.WatchAsync(target.WatchPath(since), null, deadline.Token))
                {
                    if ((string?)change["type"] == "DELETED")
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

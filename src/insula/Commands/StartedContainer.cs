using System.Text.Json.Nodes;
using Insula.Cli.Client;
using Insula.Cli.Output;

namespace Insula.Cli.Commands;

/// <summary>Waits until a container of a pod has been started, by event, and says what keeps it.</summary>
internal static class StartedContainer
{
    private static readonly string[] s_lists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];

    /// <summary>Returns when it runs, or has ended already.</summary>
    /// <param name="client">The daemon.</param>
    /// <param name="pod">Its pod.</param>
    /// <param name="container">Its name.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="CommandException">It took longer, or the pod is over or gone.</exception>
    public static async Task WaitAsync(ApiClient client, ObjectTarget pod, string container, TimeSpan limit, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(limit);
        string? told = null;
        try
        {
            while (true)
            {
                var (now, since) = await pod.LookAsync(client, deadline.Token);
                if (IsStarted(pod, now, container, ref told))
                {
                    return;
                }

                await foreach (var change in client.WatchAsync(pod.WatchPath(since), null, deadline.Token))
                {
                    if (IsStarted(pod, (string?)change["type"] == "DELETED" ? null : change["object"] as JsonObject, container, ref told))
                    {
                        return;
                    }
                }
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new CommandException($"container {container} of {pod.Reference} has not started in {limit.TotalSeconds:0} s{(told is null ? "" : $": {told}")}; `insula describe pod {pod.Name}` says why");
        }
    }

    /// <summary>Whether it runs now.</summary>
    public static bool IsRunning(JsonObject? pod, string container) => StatusOf(pod, container)?["state"]?["running"] is not null;

    private static JsonObject? StatusOf(JsonObject? pod, string container) =>
        s_lists.SelectMany(list => (pod?["status"]?[list] as JsonArray ?? []).OfType<JsonObject>()).FirstOrDefault(s => (string?)s["name"] == container);

    private static bool IsStarted(ObjectTarget target, JsonObject? pod, string container, ref string? told)
    {
        if (pod is null)
        {
            throw new CommandException($"{target.Reference} was deleted before its container started");
        }

        var state = StatusOf(pod, container)?["state"];
        if (state?["running"] is not null || state?["terminated"] is not null)
        {
            return true;
        }

        if ((string?)pod["status"]?["phase"] is "Failed" or "Succeeded")
        {
            throw new CommandException($"{target.Reference} is over: {(string?)pod["status"]?["message"] ?? (string?)pod["status"]?["reason"] ?? (string?)pod["status"]?["phase"]}");
        }

        var waiting = state?["waiting"];
        var why = (string?)waiting?["reason"] is not ({ } reason and not ("ContainerCreating" or "PodInitializing"))
            ? null
            : (string?)waiting["message"] is { Length: > 0 } message ? $"{reason}: {message}" : reason;
        if (why is not null && why != told)
        {
            Console.Error.WriteLine(Printable.Text($"{target.Reference} waits: {why}"));
        }

        told = why ?? told;
        return false;
    }
}

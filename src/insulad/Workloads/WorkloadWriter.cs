using Insula.Api.Core;
using Insula.Api.Meta;
using Insula.Api.Patches;
using Insula.Store;
using Insula.Workloads;
using Insulad.Hosting;
using Insulad.Http;
using Insulad.Http.Strategies;

namespace Insulad.Workloads;

/// <summary>
/// Does what controllers want, by the way of everybody's requests: with defaults, validation and admission. What is written is in the index at
/// once, so that no decision is made without it.
/// </summary>
internal sealed class WorkloadWriter(IObjectStore store, ObjectWriter writer, DeleteHandler deletions, ObjectEvents events, WorkloadIndex index)
{
    private const int LargestBatch = 64;

    /// <summary>Does the changes in their order, up to the first that is refused.</summary>
    /// <returns>Why one was refused; null when none was. That something is not as it was seen is no refusal.</returns>
    /// <exception cref="StoreException">The store is closing, or the disk refuses.</exception>
    public async Task<string?> ApplyAsync(Workload of, IReadOnlyList<WorkloadChange> changes, CancellationToken ct)
    {
        var batch = 1;
        for (var i = 0; i < changes.Count;)
        {
            var together = changes[i] is WorkloadChange.Tell ? 1 : changes.Skip(i).TakeWhile(c => c.GetType() == changes[i].GetType()).Take(batch).Count();
            var outcomes = await Task.WhenAll(changes.Skip(i).Take(together).Select(c => DoAsync(of, c, ct)));
            foreach (var outcome in outcomes)
            {
                await NoteAsync(of, outcome, ct);
            }

            if (outcomes.FirstOrDefault(o => o.Refusal is not null)?.Refusal is { } refusal)
            {
                return refusal;
            }

            i += together;

            // A few at first: were they all refused, so would be the others.
            batch = Math.Min(batch * 2, LargestBatch);
        }

        return null;
    }

    private async Task NoteAsync(Workload of, Outcome outcome, CancellationToken ct)
    {
        if (outcome.Key is { } key)
        {
            index.Update(key, store.Get(key));
        }

        if (outcome.Note is { } note)
        {
            await events.TellAsync(of.Stored, note.Type, note.Reason, note.Message.Replace("{0}", outcome.Key?.Name, StringComparison.Ordinal), ct);
        }
    }

    private async Task<Outcome> DoAsync(Workload of, WorkloadChange change, CancellationToken ct)
    {
        try
        {
            return change switch
            {
                WorkloadChange.Create create => await CreateAsync(of, create, ct),
                WorkloadChange.Edit edit => await EditAsync(of, edit, ct),
                WorkloadChange.Delete delete => await DeleteAsync(of, delete, ct),
                WorkloadChange.Tell tell => new Outcome(null, tell.Note),
                _ => throw new InvalidOperationException($"unknown change {change}"),
            };
        }
        catch (Exception e) when (e is ApiException or StoreException { Error: StoreError.Conflict or StoreError.NotFound or StoreError.AlreadyExists })
        {
            var reason = e is ApiException api ? api.Status.Reason : StatusReasons.Conflict;
            var key = Key(of, change);
            return reason is StatusReasons.Conflict or StatusReasons.NotFound || (reason is StatusReasons.AlreadyExists && change is WorkloadChange.Create { MayExist: true })
                ? new Outcome(key)
                : new Outcome(key, Refused(change, e.Message), e.Message);
        }
    }

    private static WorkloadNote Refused(WorkloadChange change, string why) => change switch
    {
        WorkloadChange.Create => new(EventTypes.Warning, "FailedCreate", $"Error creating: {why}"),
        WorkloadChange.Delete => new(EventTypes.Warning, "FailedDelete", $"Error deleting: {why}"),
        _ => new(EventTypes.Warning, "FailedUpdate", $"Error updating: {why}"),
    };

    private static ObjectKey? Key(Workload of, WorkloadChange change) => change switch
    {
        WorkloadChange.Create create when (string?)create.Document["metadata"]?["name"] is { } name => new ObjectKey(create.Resource, of.Namespace, name),
        WorkloadChange.Edit edit => new ObjectKey(edit.Resource, of.Namespace, edit.Name),
        WorkloadChange.Delete delete => new ObjectKey(delete.Resource, of.Namespace, delete.Name),
        _ => null,
    };

    private async Task<Outcome> CreateAsync(Workload of, WorkloadChange.Create create, CancellationToken ct)
    {
        var request = ApiRequest.Internal(StrategyTable.Of(create.Resource), of.Namespace, null, ct);
        var created = await writer.CreateObjectAsync(request, create.Document.DeepClone().AsObject());
        return new Outcome(created.Key, create.Told);
    }

    private async Task<Outcome> EditAsync(Workload of, WorkloadChange.Edit edit, CancellationToken ct)
    {
        var request = ApiRequest.Internal(StrategyTable.Of(edit.Resource), of.Namespace, edit.Name, ct);
        var patch = edit.Patch.DeepClone().AsObject();
        if (patch["metadata"] is not System.Text.Json.Nodes.JsonObject metadata)
        {
            patch["metadata"] = metadata = [];
        }

        metadata["uid"] = edit.Uid;
        if (!string.IsNullOrEmpty(edit.Version))
        {
            metadata["resourceVersion"] = edit.Version;
        }

        await writer.ReplaceAsync(request, current => MergePatch.Apply(current, patch)!.AsObject());
        return new Outcome(request.Key, edit.Told);
    }

    private async Task<Outcome> DeleteAsync(Workload of, WorkloadChange.Delete delete, CancellationToken ct)
    {
        var request = ApiRequest.Internal(StrategyTable.Of(delete.Resource), of.Namespace, delete.Name, ct);
        await deletions.DeleteAsync(request, request.Key, new DeleteOptions(null, delete.Uid, null, DryRun: false, Finalizer: null));
        return new Outcome(request.Key, delete.Told);
    }

    private sealed record Outcome(ObjectKey? Key, WorkloadNote? Note = null, string? Refusal = null);
}

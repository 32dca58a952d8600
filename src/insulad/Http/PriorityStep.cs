using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Store;

namespace Insulad.Http;

/// <summary>Gives new pods the priority of their class: before validation, as Kubernetes' admission does.</summary>
internal sealed class PriorityStep(IObjectStore store)
{
    private const string Classes = "priorityclasses.scheduling.k8s.io";

    /// <summary>Sets <c>priority</c> and <c>preemptionPolicy</c> from <c>priorityClassName</c>, or all three from the class that is the default; nothing for other kinds.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">The object's name.</param>
    /// <param name="pod">The object as it will be stored; changed in place.</param>
    /// <exception cref="ApiException">403: there is no such class, or the pod states another priority than its class gives.</exception>
    public void Resolve(ApiRequest request, string name, JsonObject pod)
    {
        if (request.Kind.QualifiedPlural != "pods" || pod["spec"] is not JsonObject spec)
        {
            return;
        }

        var wanted = (string?)spec["priorityClassName"];
        var found = string.IsNullOrEmpty(wanted) ? Standard() : Find(wanted)
            ?? throw Forbidden(request, name, $"no PriorityClass with name {wanted} was found: `insula get priorityclasses` lists them");
        var priority = found?.Value ?? 0;
        if ((int?)spec["priority"] is { } stated && stated != priority)
        {
            throw Forbidden(
                request, name,
                $"the integer value of priority ({stated}) must not be provided in pod spec; priority admission controller computed {priority} from the given PriorityClass name");
        }

        if (found is null)
        {
            return;
        }

        var policy = found.PreemptionPolicy ?? PreemptionPolicies.PreemptLowerPriority;
        if ((string?)spec["preemptionPolicy"] is { } asked && asked != policy)
        {
            throw Forbidden(
                request, name,
                $"the string value of PreemptionPolicy ({asked}) must not be provided in pod spec; priority admission controller computed {policy} from the given PriorityClass name");
        }

        (spec["priorityClassName"], spec["priority"], spec["preemptionPolicy"]) = (found.Metadata.Name, priority, policy);
    }

    private static ApiException Forbidden(ApiRequest request, string name, string why) => new(Failures.Forbidden(request.Kind.QualifiedPlural, name, why));

    private PriorityClass? Find(string name) =>
        store.Get(new ObjectKey(Classes, "", name)) is { } stored ? ApiJson.Read<PriorityClass>(stored.Json.Span) : null;

    // Of several, the one of the least priority, so that none gets more than its author may have meant.
    private PriorityClass? Standard() =>
        store.List(Classes, null).Items.Select(o => ApiJson.Read<PriorityClass>(o.Json.Span)).Where(c => c.GlobalDefault).MinBy(c => c.Value);
}

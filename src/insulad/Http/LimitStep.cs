using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Limits;
using Insula.Api.Meta;
using Insula.Api.Storage;
using Insula.Claims;
using Insula.Store;

namespace Insulad.Http;

/// <summary>The namespace's LimitRanges in the way of pods and claims: what they lack is set before validation, and what they want is judged after it.</summary>
internal sealed class LimitStep(IObjectStore store)
{
    /// <summary>Where LimitRanges are.</summary>
    public const string Resource = "limitranges";

    /// <summary>Gives a new pod the requests and limits it has not; nothing for other kinds.</summary>
    /// <param name="request">The request.</param>
    /// <param name="document">The object with its defaults; changed in place.</param>
    public void Fill(ApiRequest request, JsonObject document)
    {
        if (request.Kind.QualifiedPlural == "pods")
        {
            foreach (var range in Ranges(request))
            {
                LimitRangeAdmission.Fill(range, document);
            }
        }
    }

    /// <summary>Lets a valid pod or claim pass, or refuses it; nothing for other kinds.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">The object's name.</param>
    /// <param name="document">The object as it will be stored.</param>
    /// <exception cref="ApiException">403: a LimitRange is against it.</exception>
    public void Admit(ApiRequest request, string name, JsonObject document)
    {
        // Most namespaces have none: nothing is read for them.
        if (request.Kind.QualifiedPlural is not ("pods" or ObjectSeen.Claims) || Ranges(request) is not { Count: > 0 } ranges)
        {
            return;
        }

        if (Complaints(request, document, ranges).FirstOrDefault(c => c.Count > 0) is { } complaints)
        {
            throw new ApiException(Failures.Forbidden(request.Kind.QualifiedPlural, name, complaints.Count == 1 ? complaints[0] : $"[{string.Join(", ", complaints)}]"));
        }
    }

    private static IEnumerable<IReadOnlyList<string>> Complaints(ApiRequest request, JsonObject document, IReadOnlyList<LimitRange> ranges)
    {
        if (request.Kind.QualifiedPlural == ObjectSeen.Claims)
        {
            var claim = ApiJson.Read<PersistentVolumeClaim>(document);
            return ranges.Select(range => LimitRangeAdmission.Complaints(range, claim));
        }

        var pod = ApiJson.Read<Pod>(document);
        return ranges.Select(range => LimitRangeAdmission.Complaints(range, pod));
    }

    private IReadOnlyList<LimitRange> Ranges(ApiRequest request) => [.. store.List(Resource, request.Namespace).Items.Select(o => ApiJson.Read<LimitRange>(o.Json.Span))];
}

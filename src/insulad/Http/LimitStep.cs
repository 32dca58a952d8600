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
        Func<LimitRange, IReadOnlyList<string>>? judge = request.Kind.QualifiedPlural switch
        {
            "pods" when ApiJson.Read<Pod>(document) is var pod => range => LimitRangeAdmission.Complaints(range, pod),
            ObjectSeen.Claims when ApiJson.Read<PersistentVolumeClaim>(document) is var claim => range => LimitRangeAdmission.Complaints(range, claim),
            _ => null,
        };
        if (judge is null || Ranges(request).Select(judge).FirstOrDefault(c => c.Count > 0) is not { } complaints)
        {
            return;
        }

        throw new ApiException(Failures.Forbidden(request.Kind.QualifiedPlural, name, complaints.Count == 1 ? complaints[0] : $"[{string.Join(", ", complaints)}]"));
    }

    private IEnumerable<LimitRange> Ranges(ApiRequest request) => store.List(Resource, request.Namespace).Items.Select(o => ApiJson.Read<LimitRange>(o.Json.Span));
}

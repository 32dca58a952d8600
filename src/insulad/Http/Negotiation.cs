using Insula.Api.Meta;
using Microsoft.AspNetCore.Http;

namespace Insulad.Http;

/// <summary>Reads the <c>Accept</c> header: objects as JSON, or as rows for people (<c>as=Table;v=v1;g=meta.k8s.io</c>).</summary>
internal static class Negotiation
{
    /// <summary>Whether a table is wanted: the first form in the header that can be given decides.</summary>
    /// <exception cref="ApiException">406: none can.</exception>
    public static bool WantsTable(HttpRequest request)
    {
        var header = request.Headers.Accept.ToString();
        if (string.IsNullOrWhiteSpace(header))
        {
            return false;
        }

        foreach (var form in header.Split(','))
        {
            var parts = form.Split(';', StringSplitOptions.TrimEntries);
            if (parts[0] is not ("application/json" or "*/*" or "application/*"))
            {
                continue;
            }

            var shape = parts.FirstOrDefault(p => p.StartsWith("as=", StringComparison.Ordinal));
            if (shape is null)
            {
                return false;
            }

            if (shape == "as=Table" && parts.Contains("v=v1") && parts.Contains("g=meta.k8s.io"))
            {
                return true;
            }
        }

        throw new ApiException(Failures.Of(
            StatusReasons.NotAcceptable, "only the following media types are accepted: application/json, application/json;as=Table;v=v1;g=meta.k8s.io"));
    }
}

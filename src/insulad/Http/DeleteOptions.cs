using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Insula.Api.Meta;
using Insulad.Hosting;

namespace Insulad.Http;

/// <summary>How to delete (meta/v1 DeleteOptions), from the body and from the query; the body wins.</summary>
/// <param name="GracePeriodSeconds">Seconds; null for the object's own.</param>
/// <param name="Uid">Precondition.</param>
/// <param name="ResourceVersion">Precondition.</param>
/// <param name="DryRun">Change nothing.</param>
/// <param name="Finalizer">
/// What becomes of objects that this one owns: <see cref="OwnerCollector.Orphan"/> lets them stay, <see cref="OwnerCollector.Foreground"/> has this
/// one wait for their end; null has them go once it is gone.
/// </param>
internal sealed record DeleteOptions(long? GracePeriodSeconds, string? Uid, long? ResourceVersion, bool DryRun, string? Finalizer)
{
    private static readonly HashSet<string> Known =
        ["kind", "apiVersion", "gracePeriodSeconds", "preconditions", "orphanDependents", "propagationPolicy", "dryRun", "ignoreStoreReadErrorWithClusterBreakingPotential"];

    public static DeleteOptions Read(ApiRequest request, JsonObject? body)
    {
        body ??= [];
        if (body.Select(p => p.Key).FirstOrDefault(k => !Known.Contains(k)) is { } unknown)
        {
            throw ApiException.BadRequest($"DeleteOptions: unknown field \"{unknown}\"");
        }

        try
        {
            var policy = (string?)body["propagationPolicy"] ?? request.Query("propagationPolicy");
            if (policy is not (null or "" or "Background" or "Foreground" or "Orphan"))
            {
                throw new ApiException(Failures.Of(
                    StatusReasons.Invalid, $"propagationPolicy: Unsupported value: \"{policy}\": supported values: \"Background\", \"Foreground\", \"Orphan\""));
            }

            var dryRun = body["dryRun"] switch
            {
                null or JsonArray { Count: 0 } => request.DryRun,
                JsonArray { Count: 1 } all when (string?)all[0] == "All" => true,
                _ => throw new ApiException(Failures.Of(StatusReasons.Invalid, "dryRun: Unsupported value: supported values: \"All\"")),
            };
            var preconditions = body["preconditions"];
            long? version = (string?)preconditions?["resourceVersion"] is { Length: > 0 } text
                ? long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)
                : null;
            return new DeleteOptions(
                (long?)body["gracePeriodSeconds"] ?? request.Number("gracePeriodSeconds"),
                (string?)preconditions?["uid"],
                version,
                dryRun,
                policy == "Orphan" || (bool?)body["orphanDependents"] == true ? OwnerCollector.Orphan : policy == "Foreground" ? OwnerCollector.Foreground : null);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or JsonException or OverflowException)
        {
            throw new ApiException(Failures.BadRequest($"DeleteOptions: {e.Message}"), e);
        }
    }
}

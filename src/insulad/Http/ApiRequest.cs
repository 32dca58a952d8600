using Insula.Api.Kinds;
using Insula.Api.Meta;
using Insula.Store;
using Insulad.Http.Strategies;
using Microsoft.AspNetCore.Http;

namespace Insulad.Http;

/// <summary>A request about a resource: its path, its common query parameters, and the warnings it earns.</summary>
internal sealed class ApiRequest
{
    private readonly List<string> _warnings = [];

    public ApiRequest(HttpContext context, RequestInfo info, ResourceStrategy strategy)
    {
        Http = context;
        Info = info;
        Strategy = strategy;
        DryRun = ReadDryRun(context.Request.Query);
        FieldValidation = (string?)context.Request.Query["fieldValidation"] switch
        {
            null or "" or "Strict" => FieldValidation.Strict,
            "Warn" => FieldValidation.Warn,
            "Ignore" => FieldValidation.Ignore,
            var other => throw ApiException.BadRequest($"fieldValidation: {other} is none of Strict, Warn, Ignore"),
        };
    }

    /// <summary>A request of the daemon itself: nobody waits for its answer or reads its warnings.</summary>
    public static ApiRequest Internal(ResourceStrategy strategy, string ns, string? name, CancellationToken ct, bool dryRun = false)
    {
        var kind = strategy.Kind;
        var info = new RequestInfo(kind.Group, kind.Version, kind.Namespaced ? ns : null, kind.Plural, name, Subresource: null);
        var context = new DefaultHttpContext { RequestAborted = ct };
        context.Request.QueryString = dryRun ? new QueryString("?dryRun=All") : QueryString.Empty;
        return new ApiRequest(context, info, strategy);
    }

    /// <summary>The uid that the daemon itself gives what it creates; null for any.</summary>
    public string? Uid { get; set; }

    public HttpContext Http { get; }

    public RequestInfo Info { get; }

    public ResourceStrategy Strategy { get; }

    public KindInfo Kind => Strategy.Kind;

    public bool DryRun { get; }

    public FieldValidation FieldValidation { get; }

    /// <summary>The object's namespace: empty for cluster-scoped kinds.</summary>
    public string Namespace => Kind.Namespaced ? Info.Namespace ?? "default" : "";

    public CancellationToken Aborted => Http.RequestAborted;

    public ObjectKey Key => new(Kind.QualifiedPlural, Namespace, Info.Name!);

    public string? Query(string name) => Http.Request.Query[name] is [var value, ..] ? value : null;

    public bool Flag(string name) => Query(name) switch
    {
        null or "false" or "0" => false,
        "true" or "1" or "" => true,
        var other => throw ApiException.BadRequest($"{name}: {other} is neither true nor false"),
    };

    public long? Number(string name)
    {
        var text = Query(name);
        return string.IsNullOrEmpty(text) ? null
            : long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number
            : throw ApiException.BadRequest($"{name}: {text} is not a whole number");
    }

    /// <summary>Adds a <c>Warning:</c> header (RFC 7234 §5.5) to the answer; kubectl and insula show it.</summary>
    public void Warn(string text)
    {
        if (_warnings.Contains(text) || _warnings.Count >= 50)
        {
            return;
        }

        _warnings.Add(text);
        var quoted = new string([.. text.Select(c => c is < ' ' or > '~' ? '?' : c)])
            .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        Http.Response.Headers.Append("Warning", $"299 - \"{quoted}\"");
    }

    private static bool ReadDryRun(IQueryCollection query) => query["dryRun"] switch
    {
        [] or [null or ""] => false,
        ["All"] => true,
        var other => throw new ApiException(Failures.Of(StatusReasons.Invalid, $"dryRun: Unsupported value: \"{other}\": supported values: \"All\"")),
    };
}

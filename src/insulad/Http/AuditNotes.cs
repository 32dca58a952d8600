using Insula.Api.Validation;
using Microsoft.AspNetCore.Http;

namespace Insulad.Http;

/// <summary>What a request's audit line says beyond who asked for what: Kubernetes' audit annotations.</summary>
internal static class AuditNotes
{
    private static readonly object s_key = new();

    /// <summary>Sets the request's notes, instead of those of an attempt before.</summary>
    public static void Set(HttpContext context, IReadOnlyList<(string Key, string Value)> notes) => context.Items[s_key] = notes;

    /// <summary>The notes as they end the line: <c> KEY="VALUE"</c> each.</summary>
    public static string Of(HttpContext context) =>
        context.Items.TryGetValue(s_key, out var notes) && notes is IReadOnlyList<(string Key, string Value)> list
            ? string.Concat(list.Select(n => $" {n.Key}={Quoted.Whole(n.Value)}"))
            : "";
}

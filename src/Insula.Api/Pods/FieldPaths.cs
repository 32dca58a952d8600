using Insula.Api.Core;
using Insula.Api.Validation;
using Insula.Api.Values;

namespace Insula.Api.Pods;

/// <summary>The fields of a pod that variables and files may show, and the resources of its containers.</summary>
public static class FieldPaths
{
    internal static readonly IReadOnlyList<string> OfVariables =
    [
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
        "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
    ];

    internal static readonly IReadOnlyList<string> OfFiles = ["metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels", "metadata.annotations"];

    private static readonly string[] _resources = ["limits.cpu", "limits.memory", "requests.cpu", "requests.memory"];
    private static readonly string[] _cpuDivisors = ["1m", "1"];
    private static readonly string[] _memoryDivisors = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

    /// <summary>The key in <c>field['key']</c>; null when the path is not of that form.</summary>
    public static string? Subscript(string path, string field)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(field);
        return path.Length > field.Length + 4 && path.StartsWith(field + "['", StringComparison.Ordinal) && path.EndsWith("']", StringComparison.Ordinal)
            ? path[(field.Length + 2)..^2]
            : null;
    }

    internal static void Validate(ErrorList at, ObjectFieldSelector selector, IReadOnlyList<string> allowed)
    {
        if (selector.ApiVersion is not (null or "" or "v1"))
        {
            at.Field("apiVersion").Invalid(selector.ApiVersion, "must be v1");
        }

        var path = selector.FieldPath;
        if (path.Length == 0)
        {
            at.Field("fieldPath").Required();
        }
        else if (Subscript(path, "metadata.labels") is { } label)
        {
            Key(label);
        }
        else if (Subscript(path, "metadata.annotations") is { } annotation)
        {
            // As in Kubernetes: upper case is no mistake in an annotation.
            Key(annotation.ToLowerInvariant());
        }
        else if (!allowed.Contains(path))
        {
            at.Field("fieldPath").Invalid(path, $"must be one of {string.Join(", ", allowed)}, metadata.labels['KEY'], metadata.annotations['KEY']");
        }

        void Key(string key)
        {
            if (Names.QualifiedName(key) is { } complaint)
            {
                at.Field("fieldPath").Invalid(path, complaint);
            }
        }
    }

    internal static void Validate(ErrorList at, ResourceFieldSelector selector, bool containerNeeded)
    {
        if (containerNeeded && string.IsNullOrEmpty(selector.ContainerName))
        {
            at.Field("containerName").Required();
        }
        else if (!string.IsNullOrEmpty(selector.ContainerName))
        {
            at.Field("containerName").Name(selector.ContainerName, Names.Dns1123Label);
        }

        if (selector.Resource.Length == 0)
        {
            at.Field("resource").Required();
        }
        else if (!_resources.Contains(selector.Resource) && !(selector.Resource.Split('.', 2) is ["limits" or "requests", var name] && HugePages.SizeOf(name) is not null))
        {
            at.Field("resource").Invalid(selector.Resource, $"must be one of {string.Join(", ", _resources)}, limits.hugepages-SIZE, requests.hugepages-SIZE");
        }
        else if (selector.Divisor is { IsZero: false } divisor)
        {
            var units = selector.Resource.EndsWith(".cpu", StringComparison.Ordinal) ? _cpuDivisors : _memoryDivisors;
            if (!units.Any(unit => Quantity.TryParse(unit, out var one) && one == divisor))
            {
                at.Field("divisor").Invalid(divisor.ToString(), "must be one of " + string.Join(", ", units));
            }
        }
    }
}

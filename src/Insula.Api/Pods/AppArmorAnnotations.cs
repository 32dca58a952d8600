using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Validation;

namespace Insula.Api.Pods;

/// <summary>
/// The annotation that named a container's AppArmor profile before Kubernetes 1.30 had a field for it. Kubernetes still takes it
/// when a pod is created and makes it the field; after that only the field counts.
/// </summary>
public static class AppArmorAnnotations
{
    /// <summary>What the annotation's key begins with; the container's name follows.</summary>
    public const string Prefix = "container.apparmor.security.beta.kubernetes.io/";

    private const string LocalhostPrefix = "localhost/";

    /// <summary>Sets the field of each container that has the annotation and not the field, as Kubernetes does at creation.</summary>
    /// <param name="pod">The document to be created, decoded.</param>
    /// <returns>Warnings for who creates it.</returns>
    public static IReadOnlyList<string> ToFields(JsonObject pod)
    {
        var warnings = new List<string>();
        if (pod["metadata"]?["annotations"] is not JsonObject annotations || pod["spec"] is not JsonObject spec)
        {
            return warnings;
        }

        var ofPod = Profile(spec);
        foreach (var container in ((string[])["initContainers", "containers"]).SelectMany(list => (spec[list] as JsonArray)?.OfType<JsonObject>() ?? []))
        {
            if (annotations[Prefix + (string?)container["name"]] is not { } annotation)
            {
                continue;
            }

            var named = Parse((string?)annotation);
            var copied = named is not null && named != ofPod && Profile(container) is null;
            if (copied)
            {
                var context = container["securityContext"] as JsonObject ?? [];
                container["securityContext"] ??= context;
                context["appArmorProfile"] = ApiJson.ToJson(named!);
            }

            if (copied || named is null)
            {
                warnings.Add($"metadata.annotations[{Prefix}{(string?)container["name"]}]: deprecated since v1.30; use the \"appArmorProfile\" field instead");
            }
        }

        return warnings;
    }

    /// <summary>Whether the annotations make sense, and say what the fields say.</summary>
    internal static void Validate(ErrorList metadata, ErrorList spec, Pod pod)
    {
        foreach (var (key, value) in pod.Metadata.Annotations.Where(a => a.Key.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            var at = metadata.Field("annotations").Key(key);
            var name = key[Prefix.Length..];
            if (!pod.Spec.InitContainers.Concat(pod.Spec.Containers).Any(container => container.Name == name))
            {
                at.Invalid(name, "container not found");
            }

            if (value.Length > 0 && TypeOf(value) is null)
            {
                at.Invalid(value, $"invalid AppArmor profile name: \"{value}\"");
            }
        }

        Match(spec.Field("initContainers"), pod, pod.Spec.InitContainers);
        Match(spec.Field("containers"), pod, pod.Spec.Containers);
    }

    /// <summary>They cannot change: what has become of them is a field of the pod, which cannot either.</summary>
    internal static void ValidateUpdate(ErrorList metadata, JsonObject? before, JsonObject? after)
    {
        var at = metadata.Field("annotations");
        foreach (var (key, value) in (before ?? []).Where(a => a.Key.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            if (!JsonNode.DeepEquals(value, after?[key]))
            {
                at.Key(key).Forbidden("may not remove or update AppArmor annotations");
            }
        }

        foreach (var (key, _) in (after ?? []).Where(a => a.Key.StartsWith(Prefix, StringComparison.Ordinal) && before?.ContainsKey(a.Key) != true))
        {
            at.Key(key).Forbidden("may not add AppArmor annotations");
        }
    }

    private static void Match(ErrorList containers, Pod pod, IReadOnlyList<Container> list)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i].SecurityContext?.AppArmorProfile is not { } profile || !pod.Metadata.Annotations.TryGetValue(Prefix + list[i].Name, out var annotation))
            {
                continue;
            }

            var at = containers.Index(i).Field("securityContext").Field("appArmorProfile");
            var type = TypeOf(annotation);
            if (type is not null && type != profile.Type)
            {
                at.Field("type").Forbidden("apparmor type in annotation and field must match");
            }
            else if (type == ProfileTypes.Localhost && annotation[LocalhostPrefix.Length..] != profile.LocalhostProfile)
            {
                at.Field("localhostProfile").Forbidden("apparmor profile in annotation and field must match");
            }
        }
    }

    private static string? TypeOf(string? annotation) => annotation switch
    {
        "unconfined" => ProfileTypes.Unconfined,
        "runtime/default" => ProfileTypes.RuntimeDefault,
        { } name when name.StartsWith(LocalhostPrefix, StringComparison.Ordinal) => ProfileTypes.Localhost,
        _ => null,
    };

    /// <summary>The profile an annotation names; null when it would not be valid as a field.</summary>
    private static AppArmorProfile? Parse(string? annotation)
    {
        if (TypeOf(annotation) is not { } type)
        {
            return null;
        }

        var profile = new AppArmorProfile { Type = type, LocalhostProfile = type == ProfileTypes.Localhost ? annotation![LocalhostPrefix.Length..] : null };
        var errors = new List<FieldError>();
        SecurityValidation.AppArmor(new(errors, ""), profile);
        return errors.Count == 0 ? profile : null;
    }

    private static AppArmorProfile? Profile(JsonObject holder) =>
        holder["securityContext"]?["appArmorProfile"] is { } profile ? ApiJson.Read<AppArmorProfile>(profile) : null;
}

using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Api.Pods;
using Insula.Api.Selectors;
using Insula.Api.Storage;
using Insula.Api.Validation;
using Insula.Api.Values;

namespace Insula.Api.Workloads;

/// <summary>Checks workloads that have their defaults, as Kubernetes does (apps/validation), with its texts.</summary>
public static class WorkloadValidation
{
    internal const string PercentMessage = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

    /// <summary>What is wrong with a Deployment; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(Deployment deployment)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        var (errors, at) = Begin(deployment.Metadata);
        var spec = deployment.Spec;
        at.Field("replicas").NotNegative(spec.Replicas);
        at.Field("minReadySeconds").NotNegative(spec.MinReadySeconds);
        at.Field("revisionHistoryLimit").NotNegative(spec.RevisionHistoryLimit);
        at.Field("progressDeadlineSeconds").NotNegative(spec.ProgressDeadlineSeconds);
        if (spec.ProgressDeadlineSeconds is { } deadline && deadline <= (spec.MinReadySeconds ?? 0))
        {
            at.Field("progressDeadlineSeconds").Invalid(deadline, "must be greater than minReadySeconds");
        }

        Template(at, spec.Selector, spec.Template, "deployment");
        var strategy = at.Field("strategy");
        if (spec.Strategy is { Type: UpdateTypes.Recreate, RollingUpdate: not null })
        {
            strategy.Field("rollingUpdate").Forbidden("may not be specified when strategy `type` is 'Recreate'");
        }
        else if (spec.Strategy is { Type: UpdateTypes.RollingUpdate, RollingUpdate: { } rolling })
        {
            Rolling(strategy.Field("rollingUpdate"), rolling);
            if (IsZero(rolling.MaxUnavailable) && IsZero(rolling.MaxSurge))
            {
                strategy.Field("rollingUpdate").Field("maxUnavailable").Invalid(rolling.MaxUnavailable?.ToString() ?? "0", "may not be 0 when `maxSurge` is 0");
            }
        }

        return errors;
    }

    /// <summary>What is wrong with a ReplicaSet; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(ReplicaSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        var (errors, at) = Begin(set.Metadata);
        at.Field("replicas").NotNegative(set.Spec.Replicas);
        at.Field("minReadySeconds").NotNegative(set.Spec.MinReadySeconds);
        Template(at, set.Spec.Selector, set.Spec.Template, "replicaset");
        return errors;
    }

    /// <summary>What is wrong with a ReplicationController; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(ReplicationController controller)
    {
        ArgumentNullException.ThrowIfNull(controller);
        var (errors, at) = Begin(controller.Metadata);
        at.Field("replicas").NotNegative(controller.Spec.Replicas);
        at.Field("minReadySeconds").NotNegative(controller.Spec.MinReadySeconds);
        var selector = controller.Spec.Selector.Count == 0 ? null : new LabelSelectorFields { MatchLabels = controller.Spec.Selector };
        Template(at, selector, controller.Spec.Template, "replicationcontroller");
        return errors;
    }

    /// <summary>What is wrong with a DaemonSet; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(DaemonSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        var (errors, at) = Begin(set.Metadata);
        at.Field("minReadySeconds").NotNegative(set.Spec.MinReadySeconds);
        at.Field("revisionHistoryLimit").NotNegative(set.Spec.RevisionHistoryLimit);
        Template(at, set.Spec.Selector, set.Spec.Template, "daemonset");
        if (set.Spec.UpdateStrategy is { Type: UpdateTypes.RollingUpdate, RollingUpdate: { } rolling })
        {
            var limits = at.Field("updateStrategy").Field("rollingUpdate");
            Rolling(limits, rolling);
            if (IsZero(rolling.MaxUnavailable) == IsZero(rolling.MaxSurge))
            {
                limits.Field("maxSurge").Invalid(rolling.MaxSurge?.ToString() ?? "0", "may not be set when maxUnavailable is set, and one of them must be");
            }
        }

        return errors;
    }

    /// <summary>What is wrong with a StatefulSet; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(StatefulSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        var (errors, at) = Begin(set.Metadata, labelName: true);
        at.Field("replicas").NotNegative(set.Spec.Replicas);
        at.Field("minReadySeconds").NotNegative(set.Spec.MinReadySeconds);
        at.Field("revisionHistoryLimit").NotNegative(set.Spec.RevisionHistoryLimit);
        at.Field("updateStrategy").Field("rollingUpdate").Field("partition").NotNegative(set.Spec.UpdateStrategy?.RollingUpdate?.Partition);
        var most = at.Field("updateStrategy").Field("rollingUpdate").Field("maxUnavailable");
        Amount(most, set.Spec.UpdateStrategy?.RollingUpdate?.MaxUnavailable);
        if (set.Spec.UpdateStrategy?.RollingUpdate?.MaxUnavailable is { } unavailable)
        {
            if (IsZero(unavailable))
            {
                most.Invalid(unavailable.IsText ? unavailable.Text : unavailable.Number, "cannot be 0");
            }
            else if (Portion.Percent(unavailable) > 100)
            {
                most.Invalid(unavailable.Text, "must not be greater than 100%");
            }
        }

        at.Field("ordinals").Field("start").NotNegative(set.Spec.Ordinals?.Start);
        if (!string.IsNullOrEmpty(set.Spec.ServiceName))
        {
            at.Field("serviceName").Name(set.Spec.ServiceName, Names.Dns1123Label);
        }

        ClaimTemplates(at.Field("volumeClaimTemplates"), set.Spec.VolumeClaimTemplates);
        Template(at, set.Spec.Selector, SetClaims.WithVolumes(set, set.Spec.Template, null), "statefulset");
        return errors;
    }

    /// <summary>What a change of any of them would touch that may not change; both have their defaults.</summary>
    public static IReadOnlyList<FieldError> ValidateUpdate(JsonObject old, JsonObject changed)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(changed);
        var errors = new List<FieldError>();
        var fixedFields = (string?)changed["kind"] switch
        {
            "ReplicationController" => [],
            "StatefulSet" => (string[])["selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates"],
            _ => ["selector"],
        };
        foreach (var field in fixedFields)
        {
            if (!JsonNode.DeepEquals(old["spec"]?[field], changed["spec"]?[field]))
            {
                errors.Add(FieldError.Invalid($"spec.{field}", changed["spec"]?[field], "field is immutable"));
            }
        }

        return errors;
    }

    internal static (List<FieldError> Errors, ErrorList Spec) Begin(ObjectMeta metadata, bool labelName = false)
    {
        var errors = new List<FieldError>();
        MetadataValidation.Validate(new(errors, "metadata"), metadata, namespaced: true, labelName);
        return (errors, new(errors, "spec"));
    }

    /// <summary>Checks what pods are made from, but for its restart policy.</summary>
    internal static PodTemplateSpec Pods(ErrorList at, JsonObject document)
    {
        var template = ApiJson.Read<PodTemplateSpec>(document);
        var metadata = at.Field("metadata");
        MetadataValidation.Validate(metadata, template.Metadata with { Name = "template", GenerateName = null, Namespace = null, OwnerReferences = [] }, namespaced: true);
        PodValidation.Spec(at.Field("spec"), template.Spec);
        if (template.Spec.EphemeralContainers.Count > 0)
        {
            at.Field("spec").Field("ephemeralContainers").Forbidden("ephemeral containers not allowed in pod template");
        }

        return template;
    }

    private static void ClaimTemplates(ErrorList at, IReadOnlyList<JsonObject> templates)
    {
        var names = new HashSet<string>();
        for (var i = 0; i < templates.Count; i++)
        {
            var one = at.Index(i);
            var claim = ApiJson.Read<PersistentVolumeClaim>(templates[i]);
            if (claim.ApiVersion != "v1" || claim.Kind != "PersistentVolumeClaim")
            {
                one.Invalid($"{claim.ApiVersion} {claim.Kind}", "must be a PersistentVolumeClaim of v1");
            }

            one.Field("metadata").Field("name").Name(claim.Metadata.Name, Names.Dns1123Label);
            if (!names.Add(claim.Metadata.Name))
            {
                one.Field("metadata").Field("name").Duplicate(claim.Metadata.Name);
            }

            MetadataValidation.Validate(one.Field("metadata"), claim.Metadata with { Name = "template", GenerateName = null, Namespace = null, OwnerReferences = [] }, namespaced: true);
            StorageValidation.Claim(one.Field("spec"), claim.Spec);
        }
    }

    private static void Template(ErrorList at, LabelSelectorFields? selector, JsonObject document, string kind)
    {
        var field = at.Field("template");
        var template = Pods(field, document);
        if (selector is null || (selector.MatchLabels.Count == 0 && selector.MatchExpressions.Count == 0))
        {
            if (selector is null)
            {
                at.Field("selector").Required();
            }
            else
            {
                at.Field("selector").Invalid(null, $"empty selector is invalid for {kind}");
            }
        }
        else
        {
            var before = at.All.Count;
            SelectorValidation.Validate(at.Field("selector"), selector);
            if (at.All.Count == before && !selector.ToSelector().Matches(template.Metadata.Labels))
            {
                field.Field("metadata").Field("labels").Invalid(
                    string.Join(',', template.Metadata.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}")),
                    "`selector` does not match template `labels`");
            }
        }

        var spec = field.Field("spec");
        if (template.Spec.RestartPolicy is { } policy and not RestartPolicies.Always)
        {
            at.All.Add(FieldError.NotSupported(spec.Field("restartPolicy").Path, policy, RestartPolicies.Always));
        }

        if (template.Spec.ActiveDeadlineSeconds is not null)
        {
            spec.Field("activeDeadlineSeconds").Forbidden($"activeDeadlineSeconds in {kind} is not supported: its pods have no end");
        }
    }

    private static void Rolling(ErrorList at, RollingUpdate rolling)
    {
        Amount(at.Field("maxUnavailable"), rolling.MaxUnavailable);
        Amount(at.Field("maxSurge"), rolling.MaxSurge);
        if (rolling.MaxUnavailable is { IsText: true } unavailable && Portion.Percent(unavailable) > 100)
        {
            at.Field("maxUnavailable").Invalid(unavailable.Text, "must not be greater than 100%");
        }
    }

    private static void Amount(ErrorList at, IntOrString? value)
    {
        if (value is { IsText: true } text && Portion.Percent(text) is null)
        {
            at.Invalid(text.Text, PercentMessage);
        }
        else if (value is { IsText: false } number)
        {
            at.NotNegative(number.Number);
        }
    }

    private static bool IsZero(IntOrString? value) => value is null || (value.Value.IsText ? Portion.Percent(value.Value) == 0 : value.Value.Number == 0);
}

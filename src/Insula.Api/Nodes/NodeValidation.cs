using Insula.Api.Validation;

namespace Insula.Api.Nodes;

/// <summary>Checks changes of the machine's object.</summary>
public static class NodeValidation
{
    /// <summary>What is wrong with one whose taints are in line with <c>unschedulable</c> and its conditions; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        var errors = new List<FieldError>();
        var at = new ErrorList(errors, "");
        MetadataValidation.Validate(at.Field("metadata"), node.Metadata, namespaced: false);
        for (var i = 0; i < node.Spec.Taints.Count; i++)
        {
            if ((node.Spec.Taints[i].Key, node.Spec.Taints[i].Effect) != (Cordon.Key, Cordon.Effect) && !PressureTaints.Has(node.Spec.Taints[i]))
            {
                at.Field("spec").Field("taints").Index(i).Forbidden("there is one machine, which takes pods or not: `insula cordon` and `insula uncordon`");
            }
        }

        return errors;
    }

    /// <summary>What is wrong with a change of one.</summary>
    public static IReadOnlyList<FieldError> ValidateUpdate(Node old, Node node)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(node);
        var errors = new List<FieldError>();
        var at = new ErrorList(errors, "");
        foreach (var label in NodeLabels.All)
        {
            if (old.Metadata.Labels.GetValueOrDefault(label) is { } set && node.Metadata.Labels.GetValueOrDefault(label) != set)
            {
                at.Field("metadata").Field("labels").Key(label).Invalid(node.Metadata.Labels.GetValueOrDefault(label), "the daemon sets it");
            }
        }

        if (old.Spec.PodCidr != node.Spec.PodCidr)
        {
            at.Field("spec").Field("podCIDR").Forbidden("the daemon sets it: see the option pod-range");
        }

        if (!old.Spec.PodCidrs.SequenceEqual(node.Spec.PodCidrs))
        {
            at.Field("spec").Field("podCIDRs").Forbidden("the daemon sets it: see the option pod-range");
        }

        return errors;
    }

    /// <summary>What is wrong with a toleration.</summary>
    internal static void Toleration(ErrorList at, Toleration one)
    {
        if (!string.IsNullOrEmpty(one.Key))
        {
            at.Field("key").Name(one.Key, Names.QualifiedName);
        }
        else if (one.Operator != Nodes.Toleration.Exists)
        {
            at.Field("operator").Invalid(one.Operator, "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
        }

        if (one.TolerationSeconds is not null && one.Effect != "NoExecute")
        {
            at.Field("effect").Invalid(one.Effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
        }

        if (one.Operator is not (null or "" or Nodes.Toleration.Exists or Nodes.Toleration.Equal))
        {
            at.Field("operator").Unsupported($"{Quoted.Text(one.Operator)}: one of {Nodes.Toleration.Exists}, {Nodes.Toleration.Equal}");
        }
        else if (one.Operator == Nodes.Toleration.Exists ? !string.IsNullOrEmpty(one.Value) : Names.LabelValue(one.Value ?? "") is not null)
        {
            at.Field("value").Invalid(one.Value, one.Operator == Nodes.Toleration.Exists ? "value must be empty when `operator` is 'Exists'" : Names.LabelValue(one.Value ?? "")!);
        }
    }
}

using Insula.Api.Validation;
using Insula.Api.Values;

namespace Insula.Api.Quotas;

/// <summary>Checks ResourceQuotas as Kubernetes does, with its texts.</summary>
public static class ResourceQuotaValidation
{
    private static readonly string[] s_exists = ["Exists"];
    private static readonly string[] s_operators = ["In", "NotIn", "Exists", "DoesNotExist"];

    /// <summary>What is wrong with one; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(ResourceQuota quota)
    {
        ArgumentNullException.ThrowIfNull(quota);
        var errors = new List<FieldError>();
        var all = new ErrorList(errors, "");
        MetadataValidation.Validate(all.Field("metadata"), quota.Metadata, namespaced: true);
        var at = all.Field("spec");
        foreach (var (resource, amount) in quota.Spec.Hard)
        {
            Hard(at.Field("hard").Key(resource), resource, amount);
        }

        for (var i = 0; i < quota.Spec.Scopes.Count; i++)
        {
            Scope(at.Field("scopes").Index(i), quota.Spec.Scopes[i], quota.Spec);
        }

        if (quota.Spec.Scopes.Distinct().Count() < quota.Spec.Scopes.Count || Conflict(quota.Spec))
        {
            at.Field("scopes").Invalid(string.Join(", ", QuotaScopes.Of(quota.Spec).Select(s => s.ScopeName)), "conflicting scopes");
        }

        var requirements = quota.Spec.ScopeSelector?.MatchExpressions ?? [];
        for (var i = 0; i < requirements.Count; i++)
        {
            Requirement(at.Field("scopeSelector").Field("matchExpressions").Index(i), requirements[i], quota.Spec);
        }

        return errors;
    }

    /// <summary>What is wrong with a change of one.</summary>
    public static IReadOnlyList<FieldError> ValidateUpdate(ResourceQuota old, ResourceQuota quota)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(quota);
        return old.Spec.Scopes.ToHashSet().SetEquals(quota.Spec.Scopes) ? [] : [FieldError.Invalid("spec.scopes", string.Join(", ", quota.Spec.Scopes), "field is immutable")];
    }

    private static void Hard(ErrorList at, string resource, Quantity amount)
    {
        if (QuotaResources.UserOf(resource) is null)
        {
            at.Unsupported("not supported: cpu, memory and ephemeral-storage, with requests. and limits. before them, pods, services, services.nodeports, services.loadbalancers, configmaps, secrets, replicationcontrollers, "
                + "resourcequotas, persistentvolumeclaims, requests.storage, CLASS.storageclass.storage.k8s.io/requests.storage, and count/KINDS.GROUP are");
        }
        else if (amount.Sign < 0)
        {
            at.Invalid(amount.ToString(), "must be greater than or equal to 0");
        }
        else if (!QuotaResources.IsCpu(resource) && !amount.IsWhole)
        {
            at.Invalid(amount.ToString(), "must be an integer");
        }
    }

    private static void Scope(ErrorList at, string scope, ResourceQuotaSpec spec)
    {
        if (!QuotaScopes.All.Contains(scope))
        {
            at.Unsupported($"{Quoted.Text(scope)}: one of {string.Join(", ", QuotaScopes.All)}");
            return;
        }

        // Pods that request nothing can only be counted.
        foreach (var resource in spec.Hard.Keys.Where(r => scope == QuotaScopes.BestEffort ? r != "pods" : QuotaResources.UserOf(r) is { } user && (user != "pods" || r.StartsWith(QuotaResources.CountPrefix, StringComparison.Ordinal))))
        {
            at.Invalid(scope, $"unsupported scope applied to resource {resource}");
        }
    }

    private static void Requirement(ErrorList at, ScopeRequirement requirement, ResourceQuotaSpec spec)
    {
        Scope(at.Field("scopeName"), requirement.ScopeName, spec);
        var known = requirement.ScopeName == QuotaScopes.PriorityClass ? s_operators : s_exists;
        if (!known.Contains(requirement.Operator))
        {
            at.Field("operator").Invalid(requirement.Operator, $"must be {string.Join(", ", known)} for the scope {requirement.ScopeName}");
        }

        if (requirement.Operator is "In" or "NotIn" && requirement.Values.Count == 0)
        {
            at.Field("values").Required("must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
        }

        if (requirement.Operator is "Exists" or "DoesNotExist" && requirement.Values.Count > 0)
        {
            at.Field("values").Invalid(string.Join(", ", requirement.Values), "must be no value when `operator` is 'Exists' or 'DoesNotExist' for scope selector");
        }

        for (var i = 0; i < requirement.Values.Count; i++)
        {
            at.Field("values").Index(i).Name(requirement.Values[i], Names.Dns1123Subdomain);
        }
    }

    private static bool Conflict(ResourceQuotaSpec spec)
    {
        var scopes = QuotaScopes.Of(spec).Select(s => s.ScopeName).ToHashSet();
        return scopes.IsSupersetOf([QuotaScopes.BestEffort, QuotaScopes.NotBestEffort]) || scopes.IsSupersetOf([QuotaScopes.Terminating, QuotaScopes.NotTerminating]);
    }
}

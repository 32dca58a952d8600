using System.Globalization;
using Insula.Api.Pods;
using Insula.Api.Validation;
using Insula.Api.Values;

namespace Insula.Api.Limits;

/// <summary>Checks LimitRanges that have their defaults, as Kubernetes does, with its texts.</summary>
public static class LimitRangeValidation
{
    /// <summary>What is wrong with one; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(LimitRange range)
    {
        ArgumentNullException.ThrowIfNull(range);
        var errors = new List<FieldError>();
        var all = new ErrorList(errors, "");
        MetadataValidation.Validate(all.Field("metadata"), range.Metadata, namespaced: true);
        var seen = new HashSet<string>();
        for (var i = 0; i < range.Spec.Limits.Count; i++)
        {
            var (at, item) = (all.Field("spec").Field("limits").Index(i), range.Spec.Limits[i]);
            if (!seen.Add(item.Type))
            {
                at.Field("type").Duplicate(item.Type);
            }

            Item(at, item);
        }

        return errors;
    }

    private static void Item(ErrorList at, LimitRangeItem item)
    {
        (string Name, IReadOnlyDictionary<string, Quantity> Amounts)[] lists =
            [("max", item.Max), ("min", item.Min), ("default", item.Default), ("defaultRequest", item.DefaultRequest), ("maxLimitRequestRatio", item.MaxLimitRequestRatio)];
        foreach (var (name, amounts) in lists)
        {
            Amounts(at.Field(name), item.Type, amounts, isRatio: name == "maxLimitRequestRatio");
        }

        if (item.Type == LimitTypes.PersistentVolumeClaim && item.Min.Count + item.Max.Count == 0)
        {
            at.Field("limits").Required("either minimum or maximum storage value is required, but neither was provided");
        }

        foreach (var (name, amounts) in item.Type == LimitTypes.Container ? [] : lists[2..4].Where(l => l.Amounts.Count > 0))
        {
            at.Field(name).Forbidden($"may not be specified when `type` is '{item.Type}'");
        }

        foreach (var resource in lists.SelectMany(l => l.Amounts.Keys).Distinct().Order(StringComparer.Ordinal))
        {
            Resource(at, item, resource);
        }
    }

    private static void Amounts(ErrorList at, string type, IReadOnlyDictionary<string, Quantity> amounts, bool isRatio)
    {
        string[] known = type == LimitTypes.PersistentVolumeClaim ? ["storage"] : ["cpu", "memory", PodResources.EphemeralStorage];
        foreach (var (name, amount) in amounts)
        {
            if (!known.Contains(name) && (type == LimitTypes.PersistentVolumeClaim || HugePages.SizeOf(name) is null))
            {
                at.Key(name).Unsupported($"not supported: only {string.Join(", ", known)} {(known.Length > 1 ? $"and {HugePages.Prefix}SIZE are" : "is")}");
            }
            else if (amount.Sign < 0)
            {
                at.Key(name).Invalid(amount.ToString(), "must be greater than or equal to 0");
            }
            else if (!isRatio && (name == "cpu" ? !amount.IsWholeMilli : !amount.IsWhole))
            {
                at.Key(name).Invalid(amount.ToString(), name == "cpu" ? "must be a multiple of 1m, a thousandth of a core" : "must be an integer");
            }
        }
    }

    private static void Resource(ErrorList at, LimitRangeItem item, string resource)
    {
        var (max, min) = (Of(item.Max, resource), Of(item.Min, resource));
        var (limit, request) = (Of(item.Default, resource), Of(item.DefaultRequest, resource));
        if (min > max)
        {
            at.Field("min").Key(resource).Invalid(min.ToString(), $"min value {min} is greater than max value {max}");
        }

        if (request < min)
        {
            at.Field("defaultRequest").Key(resource).Invalid(request.ToString(), $"min value {min} is greater than default request value {request}");
        }

        if (request > max)
        {
            at.Field("defaultRequest").Key(resource).Invalid(request.ToString(), $"default request value {request} is greater than max value {max}");
        }

        if (request > limit)
        {
            at.Field("defaultRequest").Key(resource).Invalid(request.ToString(), $"default request value {request} is greater than default limit value {limit}");
        }

        if (limit < min)
        {
            at.Field("default").Key(resource).Invalid(limit.ToString(), $"min value {min} is greater than default value {limit}");
        }

        if (limit > max)
        {
            at.Field("default").Key(resource).Invalid(limit.ToString(), $"default value {limit} is greater than max value {max}");
        }

        if (HugePages.Is(resource) && limit is not null && request is not null && limit != request)
        {
            at.Field("defaultRequest").Key(resource).Invalid(request.ToString(), $"default value {limit} must equal to defaultRequest value {request} in {resource}");
        }

        if (Of(item.MaxLimitRequestRatio, resource) is { } ratio)
        {
            if (ratio < Quantity.FromUnits(1))
            {
                at.Field("maxLimitRequestRatio").Key(resource).Invalid(ratio.ToString(), $"ratio {ratio} is less than 1");
            }

            if (min is { Sign: > 0 } least && max is { } most && (resource == "cpu" ? most.MilliValue / (double)least.MilliValue : most.Value / (double)least.Value) is var widest && ratio.MilliValue / 1000.0 > widest)
            {
                at.Field("maxLimitRequestRatio").Key(resource).Invalid(ratio.ToString(), string.Create(CultureInfo.InvariantCulture, $"ratio {ratio} is greater than max/min = {widest:F6}"));
            }
        }
    }

    private static Quantity? Of(IReadOnlyDictionary<string, Quantity> amounts, string resource) => amounts.TryGetValue(resource, out var amount) ? amount : null;
}

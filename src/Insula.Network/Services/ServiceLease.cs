using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Validation;

namespace Insula.Network.Services;

/// <summary>What one write of a Service has been allocated.</summary>
public sealed class ServiceLease : IDisposable
{
    private readonly ServiceAllocator _allocator;
    private bool _disposed;

    internal ServiceLease(ServiceAllocator allocator, ServiceAllocator.Owner owner)
    {
        _allocator = allocator;
        Owner = owner;
    }

    internal ServiceAllocator.Owner Owner { get; }

    internal List<ServiceAllocator.Claim> Claims { get; } = [];

    /// <summary>Puts the families, addresses and node ports that a valid Service with its defaults lacks into its document, and takes those it names.</summary>
    /// <returns>What could not be had.</returns>
    public IReadOnlyList<FieldError> Fill(JsonObject service)
    {
        ArgumentNullException.ThrowIfNull(service);
        var errors = new List<FieldError>();
        var spec = service["spec"]!.AsObject();
        var type = (string?)spec["type"];
        if (type != ServiceTypeNames.ExternalName)
        {
            Addresses(spec, errors);
        }

        if (type == ServiceTypeNames.NodePort || type == ServiceTypeNames.LoadBalancer)
        {
            NodePorts(spec, errors, choose: type == ServiceTypeNames.NodePort || (bool?)spec["allocateLoadBalancerNodePorts"] != false);
        }

        if (type == ServiceTypeNames.LoadBalancer && (string?)spec["externalTrafficPolicy"] == TrafficPolicies.Local)
        {
            HealthCheckPort(spec, errors);
        }

        return errors;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _allocator.End(this);
        }
    }

    private void Addresses(JsonObject spec, List<FieldError> errors)
    {
        errors.AddRange(ServiceFamilies.Decide(spec, _allocator.HasV6));
        if ((string?)spec["clusterIP"] == ServiceSpec.Headless || errors.Count > 0)
        {
            return;
        }

        // Those that are named come first, so that none of them is given away.
        var given = spec["clusterIPs"] is JsonArray named ? [.. named.Select(a => (string)a!)] : new List<string>();
        for (var i = 0; i < given.Count; i++)
        {
            if (_allocator.Take(this, given[i]) is { } complaint)
            {
                errors.Add(FieldError.Invalid($"spec.clusterIPs[{i}]", given[i], $"failed to allocate IP {given[i]}: {complaint}"));
            }
        }

        foreach (var family in spec["ipFamilies"]!.AsArray().Select(f => (string)f!).Skip(given.Count))
        {
            if (_allocator.TakeAddress(this, family) is not { } address)
            {
                errors.Add(FieldError.Invalid("spec.clusterIPs", "", _allocator.ExhaustedAddresses(family)));
                return;
            }

            given.Add(address);
        }

        spec["clusterIP"] = given[0];
        spec["clusterIPs"] = new JsonArray([.. given.Select(a => (JsonNode)a)]);
    }

    private void HealthCheckPort(JsonObject spec, List<FieldError> errors)
    {
        const string field = "healthCheckNodePort";
        if ((int?)spec[field] is { } given and > 0)
        {
            if (_allocator.TakePort(this, given, Protocols.TCP) is { } complaint)
            {
                errors.Add(FieldError.Invalid($"spec.{field}", given, complaint));
            }
        }
        else if (_allocator.TakePort(this, Protocols.TCP) is { } chosen)
        {
            spec[field] = chosen;
        }
        else
        {
            errors.Add(FieldError.Invalid($"spec.{field}", 0, _allocator.ExhaustedPorts));
        }
    }

    private void NodePorts(JsonObject spec, List<FieldError> errors, bool choose)
    {
        var ports = (spec["ports"] as JsonArray ?? []).OfType<JsonObject>().ToList();

        // Those that are named come first, so that none of them is given away.
        foreach (var (port, index) in ports.Select((p, i) => (p, i)).OrderBy(x => x.p["nodePort"] is null))
        {
            var protocol = (string?)port["protocol"] ?? Protocols.TCP;
            if ((int?)port["nodePort"] is { } given and > 0)
            {
                if (_allocator.TakePort(this, given, protocol) is { } complaint)
                {
                    errors.Add(FieldError.Invalid($"spec.ports[{index}].nodePort", given, complaint));
                }
            }
            else if (choose)
            {
                // The same port of another protocol has the same node port where it can.
                var twin = ports.Where(p => (int?)p["port"] == (int?)port["port"]).Select(p => (int?)p["nodePort"]).FirstOrDefault(n => n > 0);
                if (twin is { } same && _allocator.TakePort(this, same, protocol) is null)
                {
                    port["nodePort"] = same;
                }
                else if (_allocator.TakePort(this, protocol) is { } chosen)
                {
                    port["nodePort"] = chosen;
                }
                else
                {
                    errors.Add(FieldError.Invalid($"spec.ports[{index}].nodePort", 0, _allocator.ExhaustedPorts));
                }
            }
        }
    }
}

using System.Net;

namespace Insula.Network.Services;

/// <summary>What is particular to frontends at addresses that load balancers gave.</summary>
public sealed partial class ServicePlane
{
    private void WriteBalanced(ElementChanges changes, Frontend frontend)
    {
        var wanted = _wanted.TryGetValue(frontend, out var found) && found.Targets.Kind == FrontendKind.Balancer ? found.Targets : null;
        var family = ServiceElements.Of(frontend);
        Member(changes, _kernel!.Balanced, family.Name(ServiceRules.BalancerSet), frontend, wanted is not null, ServiceElements.Put, family.FrontendLength);
        Member(changes, _kernel.Guarded, family.Name(ServiceRules.GuardedSet), frontend, wanted?.Sources is not null, ServiceElements.Put, family.FrontendLength);
        HashSet<IPNetwork> now = [.. wanted?.Sources ?? []];
        var before = _kernel.Sources.GetValueOrDefault(frontend) ?? [];
        foreach (var range in before.Except(now))
        {
            ServiceElements.PutClients(changes.GoneRanges(family.Name(ServiceRules.SourceSet), family.SourceLength), frontend, range);
        }

        foreach (var range in now.Except(before))
        {
            ServiceElements.PutClients(changes.ComeRanges(family.Name(ServiceRules.SourceSet), family.SourceLength), frontend, range);
        }

        if (now.Count > 0)
        {
            _kernel.Sources[frontend] = now;
        }
        else
        {
            _kernel.Sources.Remove(frontend);
        }
    }

    private static void Member(ElementChanges changes, HashSet<Frontend> known, string set, Frontend frontend, bool wanted, Action<List<byte>, Frontend> put, int length)
    {
        if (wanted && known.Add(frontend))
        {
            put(changes.Come(set, length), frontend);
        }
        else if (!wanted && known.Remove(frontend))
        {
            put(changes.Gone(set, length), frontend);
        }
    }

    private void WriteAlone(ElementChanges changes)
    {
        foreach (var address in _changedAlone)
        {
            var wanted = _alone.ContainsKey(address);
            if (wanted ? _kernel!.Alone.Add(address) : _kernel!.Alone.Remove(address))
            {
                var family = ServiceElements.Of(address);
                ServiceElements.Put(
                    wanted
                        ? changes.Come(family.Name(ServiceRules.BalancerAddressSet), family.AddressLength)
                        : changes.Gone(family.Name(ServiceRules.BalancerAddressSet), family.AddressLength),
                    address);
            }
        }

        _changedAlone.Clear();
    }
}
